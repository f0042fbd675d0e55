"""Histories of pay as a state machine: the world and its deaths, work, cases, money, and what must hold."""
