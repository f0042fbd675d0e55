"""What every API view shares: who asks and with which scopes, bodies and queries checked, pages, ETags, problems.

Knows accounts and audit; knows nothing of projects, work or pay.
"""
