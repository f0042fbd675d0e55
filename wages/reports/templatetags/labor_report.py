"""Cells, digests and bars of a report in templates. Reads the release object; computes nothing new from
it.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from django import template

from wages.reports import rounding

register = template.Library()
UNITS = {"h": "hours", "people": "people", "kWh": "kWh", "": ""}
STATUS = {"withheld": "Withheld", "unknown": "Unknown", "not_applicable": "Not applicable"}
BAR_LABELS = {
    "direct": "In the data sets",
    "task": "Other ranking",
    "review": "Review",
    "guidelines": "Reading guidelines",
    "training": "Training",
    "qualification": "Qualification",
    "waiting": "Waiting for work",
    "admin": "Administration",
    "break": "Paid breaks",
    "claimed": "Claimed time",
    "other": "Other, put together",
}
KINDS = {
    "base": "Base model",
    "preferences": "Preference data",
    "sft": "Fine-tuning run",
    "reward": "Reward model run",
    "ppo": "PPO run",
    "evaluate": "Evaluation run",
}


@register.inclusion_tag("reports/cell.html")
def cell(value: dict[str, str], notes: bool = True) -> dict[str, Any]:
    """`{% cell c %}`: a value with its unit, or the word for why there is none."""
    currency, per_hour, _ = value["unit"].partition("/h")
    money = value["unit"] not in UNITS
    return {
        "cell": value,
        "before": currency if money else "",
        "number": grouped(value["value"]),
        "after": "an hour" if per_hour else UNITS.get(value["unit"], ""),
        "also": minutes(value),
        "status": STATUS.get(value["status"], ""),
        "notes": notes,
    }


@register.filter
def grouped(value: str) -> str:
    """Return a decimal text with thousands set apart: 12300.5 is 12,300.5."""
    whole, point, part = value.partition(".")
    return f"{int(whole):,}{point}{part}" if whole.isdigit() else value


@register.filter
def minutes(value: dict[str, str]) -> str:
    """Return a short time in minutes beside its hours, from the rounded value and no finer than it."""
    if value["unit"] != "h" or value["status"] != "known" or Fraction(value["value"]) >= 2:
        return ""
    total = rounding.significant(Fraction(value["value"]) * 60)
    return "" if total == "0" else f"{total} minutes"


@register.filter
def short_digest(digest: str) -> str:
    return f"{digest[:12]}…" if len(digest) > 16 else digest


@register.filter
def bar_label(name: str) -> str:
    return BAR_LABELS.get(name, name)


@register.filter
def kind_label(kind: str) -> str:
    return KINDS.get(kind, kind)


@register.filter
def moment(text: str) -> str:
    """Return an ISO 8601 time as a reader writes it: 21 November 2026, 20:15 UTC."""
    return f"{datetime.fromisoformat(text):%-d %B %Y, %H:%M} UTC" if text else ""


@register.filter
def day(text: str) -> str:
    return f"{datetime.fromisoformat(text):%-d %b %Y}" if text else ""
