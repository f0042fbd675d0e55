"""Cells of CSV files that a spreadsheet must not take for formulas. Pure."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def guarded(text: str) -> str:
    """Return `text` so that a spreadsheet shows it: what begins like a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_STARTS) else text
