"""The public cell: one value, or in so many words why there is none. Pure.

A report is made of cells. Each is `known`, `withheld` (disclosure rules), `unknown` (nobody knows) or
`not_applicable`, and one that is not known carries its reason: an empty space could mean anything.
"""

from __future__ import annotations

from typing import Any

Cell = dict[str, str]


def known(label: str, value: str, unit: str = "", note: str = "") -> Cell:
    return {"label": label, "status": "known", "value": value, "unit": unit, "reason": note}


def withheld(label: str, reason: str) -> Cell:
    return {"label": label, "status": "withheld", "value": "", "unit": "", "reason": reason}


def unknown(label: str, reason: str) -> Cell:
    return {"label": label, "status": "unknown", "value": "", "unit": "", "reason": reason}


def not_applicable(label: str, reason: str) -> Cell:
    return {"label": label, "status": "not_applicable", "value": "", "unit": "", "reason": reason}


def figure(name: str, label: str, cells: list[Cell], *, denominator: str, how: str) -> dict[str, Any]:
    """One headline: its cells (the first is the one to read), what it is out of, and how it was computed."""
    return {"id": name, "label": label, "cells": cells, "denominator": denominator, "how": how}
