"""Tells other systems what happened: signed, retried, and dead-lettered. Knows organisations; no projects, no pay."""
