"""Measures of rankings. Pure: no Django, no database, no person's name; every formula says its source.

What is measured here advises on data. Neither pay, assignment nor publishing may read it.
"""
