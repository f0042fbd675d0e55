"""The settings of a project: what each may be, and which of them are bound once people have worked. Pure.

Knows neither pay nor pages. What a setting means for ballots that exist decides whether it may change: what would
make two ballots say different things under one name is bound; everything else may change and is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from annotation.answer_parts import DIMENSIONS

HOUR_MS = 3_600_000
LANGUAGES_MOST = 20
LONGEST_NOTICE = 2000
PILOT_MOST = 1000
RETRIES_MOST = 9


@dataclass(frozen=True)
class Settings:
    """All that an engineer decides about a project, except its texts and its pay."""

    title: str
    k: int
    overlap: int
    overlap_percent: int = 100
    lease_ms: int = HOUR_MS
    languages: tuple[str, ...] = ("en",)
    top_m: int | None = None
    asks_strength: bool = False
    dimensions: tuple[str, ...] = ()
    content_warning: str = ""
    support_contact: str = ""
    exposure_ms: int | None = None
    target_ballots: int | None = None
    gold_percent: int = 0
    repeat_percent: int = 0
    repeat_after_ms: int = HOUR_MS
    pilot_ballots: int = 10
    qualification_pass_percent: int | None = None
    qualification_retries: int = 2


NAMES = tuple(field.name for field in fields(Settings))
TEXTS = {"content_warning": LONGEST_NOTICE, "support_contact": LONGEST_NOTICE}


def problems(settings: Settings, *, simulated: bool) -> list[str]:
    """Return every reason why a project can't have these settings, each with the field it names."""
    return [*_basics(settings), *_question(settings), *_people(settings), *_pilot(settings, simulated)]


def _basics(it: Settings) -> list[str]:
    found = []
    if not it.title.strip() or len(it.title) > 200 or "\x00" in it.title:
        found.append("title: required, at most 200 characters.")
    found += _within("k", it.k, 2, 9, "completions in a ranking")
    found += _within("overlap", it.overlap, 1, 50, "people a prompt")
    found += _within("overlap_percent", it.overlap_percent, 0, 100, "percent of the prompts")
    if not 60_000 <= it.lease_ms <= 24 * HOUR_MS:
        found.append("lease_ms: from one minute to one day.")
    if not it.languages or len(it.languages) > LANGUAGES_MOST:
        found.append(f"languages: name 1 to {LANGUAGES_MOST}, such as en or sw.")
    found += [
        f"languages: {tag!r:.40} is not a language tag such as en."
        for tag in it.languages
        if not _is_tag(tag)
    ]
    if it.target_ballots is not None and not 1 <= it.target_ballots <= 2_000_000_000:
        found.append("target_ballots: at least 1 ranking, or nothing for all of them.")
    return found


def _question(it: Settings) -> list[str]:
    found = []
    if it.top_m is not None and not 1 <= it.top_m < it.k:
        found.append(
            f"top_m: the best 1 to {it.k - 1} of {it.k}, or nothing for a full order, not {it.top_m}."
        )
    found += [
        f"dimensions: {name!r:.40} is none of {', '.join(DIMENSIONS)}."
        for name in it.dimensions
        if name not in DIMENSIONS
    ]
    if len(set(it.dimensions)) != len(it.dimensions):
        found.append("dimensions: name each one once.")
    return found


def _people(it: Settings) -> list[str]:
    found = [
        f"{name}: at most {most} characters, without NUL."
        for name, most in TEXTS.items()
        if len(getattr(it, name)) > most or "\x00" in getattr(it, name)
    ]
    if not it.support_contact.strip():
        if it.content_warning.strip():
            found.append("support_contact: name somebody to turn to, since the content carries a warning.")
        elif it.qualification_pass_percent is not None:
            found.append("support_contact: name somebody to ask, since people can fail the qualification.")
    if it.exposure_ms is not None and not 60_000 <= it.exposure_ms <= 24 * HOUR_MS:
        found.append("exposure_ms: from one minute to one day in any 24 hours, or nothing.")
    found += _within("gold_percent", it.gold_percent, 0, 50, "percent")
    found += _within("repeat_percent", it.repeat_percent, 0, 50, "percent")
    if not 0 <= it.repeat_after_ms <= 30 * 24 * HOUR_MS:
        found.append("repeat_after_ms: from 0 to 30 days.")
    if it.qualification_pass_percent is not None:
        found += _within("qualification_pass_percent", it.qualification_pass_percent, 1, 100, "percent")
    return found + _within("qualification_retries", it.qualification_retries, 0, RETRIES_MOST, "times")


def _pilot(it: Settings, simulated: bool) -> list[str]:
    least = 0 if simulated else 1
    found = _within("pilot_ballots", it.pilot_ballots, least, PILOT_MOST, "rankings")
    if found and it.pilot_ballots == 0:
        return ["pilot_ballots: at least 1. Only a simulated project may go without a paid pilot."]
    return found


def _within(name: str, value: int, least: int, most: int, what: str) -> list[str]:
    return [] if least <= value <= most else [f"{name}: from {least} to {most} {what}, not {value}."]


def _is_tag(tag: str) -> bool:
    parts = tag.split("-")
    return all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts) and parts[0].isalpha()


@dataclass(frozen=True)
class Bound:
    """Why some settings can't change any more."""

    published: bool
    has_items: bool
    has_ballots: bool
    pay_set: bool


def bound(facts: Bound) -> dict[str, str]:
    """Return the settings that stand fast now, each with the reason that its page gives."""
    found = {"k": "It is decided when the project is made: every prompt gets this many completions."}
    if facts.pay_set:
        found["title"] = "The pay page and the public report carry it since the pay was set."
    if facts.has_ballots:
        found["top_m"] = "There are rankings already, and one under another order would not say the same."
    return found


def recorded(name: str, facts: Bound) -> str:
    """Return what a change of a setting means for work that was done under the old value; "" for nothing."""
    if not facts.published:
        return ""
    return CONSEQUENCES.get(name, "The change is recorded with your name and the time.")


CONSEQUENCES: Mapping[str, str] = {
    "overlap": "Holds for prompts that get their completions from now on; items that are open keep theirs.",
    "overlap_percent": "Holds for prompts that get their completions from now on; items that are open keep theirs.",
    "asks_strength": "Rankings from now on may carry a strength; those given before have none.",
    "dimensions": "Rankings from now on are rated so; those given before keep the ratings they have.",
    "content_warning": "Everybody is shown the new warning and agrees to it before they get another item.",
    "support_contact": "Shown from now on. Who agreed to a warning before keeps the contact they were given on record.",
    "qualification_pass_percent": "Whoever has passed stays qualified.",
    "languages": "Shown to people before they take work; items that exist are not sorted anew.",
}


def changed(before: Settings, after: Settings) -> dict[str, tuple[Any, Any]]:
    """Return (old, new) of each setting that differs."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in NAMES)
    return {name: (old, new) for name, old, new in pairs if old != new}
