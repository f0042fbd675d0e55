"""Floors: the tables of minimum pay, which of their rows apply, and the test of a workweek against them."""
