"""The terms of claims, disputes and proposed cuts. Pure: times in, problems out; knows no database and no person.

Problems are in the language that is active.

A change of any number here changes what workers were promised; the pages and the documentation state them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

ANSWER_WITHIN = timedelta(days=7)
"""A claim is answered within this time, else it is paid in full; a dispute is overdue after it."""
NOTICE = timedelta(days=7)
"""A proposed cut waits at least this long, so that the worker can object."""
LAPSES_AFTER = timedelta(days=7)
"""A cut that nobody has applied this long after its notice, or after the last word on an objection, lapses."""
LONGEST_CLAIM = timedelta(hours=24)
MOST_WORDS = 10_000
LARGEST_MICRO = 10**15

Span = tuple[datetime, datetime]


def claim_problems(starts: datetime, ends: datetime, *, now: datetime, open_for: timedelta) -> list[str]:
    """Return what is wrong with a claimed stretch, each named by its field; [] if nothing is."""
    found = []
    if ends <= starts:
        found.append(_("ends: later than the beginning."))
    elif ends - starts > LONGEST_CLAIM:
        found.append(_("ends: at most 24 hours at once; make one claim a day."))
    if ends > now:
        found.append(_("ends: not in the future; claim the time once it has passed."))
    if starts < now - open_for:
        found.append(_("starts: at most %(days)s days ago.") % {"days": open_for.days})
    return found


def free(span: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """Yield the parts of `span` that no span of `taken` covers, in order. `taken` may overlap itself."""
    start, end = span
    for begins, until in sorted(taken):
        if begins >= end:
            break
        if begins > start:
            yield start, begins
        start = max(start, until)
    if start < end:
        yield start, end


def first_ms(spans: Iterable[Span], ms: int) -> Iterator[Span]:
    """Yield the first `ms` milliseconds of `spans`, which are in order."""
    left = timedelta(milliseconds=ms)
    for start, end in spans:
        if left <= timedelta(0):
            return
        until = min(end, start + left)
        yield start, until
        left -= until - start
