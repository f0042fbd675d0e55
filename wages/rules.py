"""The rules of the clock, version `clock/3`. Pure: times in, pieces out; knows no database and no person.

A change of any number or branch here is a new rule version: every interval names the version it was closed
under, and keeps the facts that it was decided from, so that it can be derived again. An old version stays in
`VERSIONS` as the function that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wages.work import Category

RULE_VERSION = "clock/3"
LONGEST_GAP = timedelta(minutes=20)
"""A silence of up to this long inside a session is paid (29 CFR 785.18)."""
LONGEST_PAID_BREAK = timedelta(minutes=20)
ANSWER_WITHIN = timedelta(minutes=10)
"""How long a presence question waits before the time since it was asked is unknown."""
ASK_NOT_BEFORE = timedelta(minutes=20)
"""The page asks after at least this long without an act, or three times the item's estimate where that is longer."""
ESTIMATES_BEFORE_ASKING = 3
ASK_ANYWAY = timedelta(hours=4)
"""After this long without an act the server asks, whatever the page does: an open tab is not paid overnight."""
RELEASE_NOT_BEFORE = timedelta(minutes=15)
"""A worker who waits is released at the earliest after this long, in words, and never as of an earlier moment."""


@dataclass(frozen=True)
class Stretch:
    """What is running: since when, the last proof of presence, an unanswered question, an item in hand."""

    category: Category
    since: datetime
    seen: datetime
    asked: datetime | None = None
    held: bool = False


@dataclass(frozen=True)
class Piece:
    """One closed stretch [start, end) with one category."""

    category: Category
    start: datetime
    end: datetime
    paid: bool

    @property
    def ms(self) -> int:
        return (self.end - self.start) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class Verdict:
    """The pieces of a stretch up to now. `broken`: the session did not last until now."""

    pieces: tuple[Piece, ...]
    broken: bool


def close(stretch: Stretch, now: datetime) -> Verdict:
    """Say what [since, now) was. Pieces follow each other without a gap and none is empty."""
    category, since = stretch.category, stretch.since
    if category is Category.UNKNOWN:
        return _verdict(Piece(category, since, now, paid=False), broken=True)
    if category is Category.BREAK:
        return _verdict(Piece(category, since, now, paid=now - since <= LONGEST_PAID_BREAK))
    if stretch.asked is not None and now - stretch.asked >= ANSWER_WITHIN:
        silent = Piece(Category.UNKNOWN, stretch.asked, now, paid=False)
        return _verdict(Piece(category, since, stretch.asked, paid=True), silent, broken=True)
    if now - stretch.seen > LONGEST_GAP:
        worked = Piece(category, since, stretch.seen, paid=True)
        gap = [Piece(Category.UNKNOWN, stretch.seen, now, paid=False)] if stretch.held else []
        return _verdict(worked, *gap, broken=True)
    return _verdict(Piece(category, since, now, paid=True))


def made_at(since: datetime, now: datetime, *, stamp: datetime, elapsed_ms: int) -> datetime:
    """Say when an act was made that the browser measured: `elapsed_ms` of its monotonic clock after `stamp`.

    `stamp` is a time that the server told the page. What does not fit between the last act known (`since`) and
    the arrival (`now`) is cut off, whatever was claimed, so that no time is counted twice and none is made up.
    """
    open_ms = max(0, (now - stamp) // timedelta(milliseconds=1))
    return min(now, max(since, stamp + timedelta(milliseconds=min(elapsed_ms, open_ms))))


def measured(stretch: Stretch, made: datetime) -> Stretch:
    """Return the stretch with the proof that a measured act brings: the page was there all the way up to it.

    A question that nobody answered stands: the act answers it where it was made in time.
    """
    return replace(stretch, seen=max(stretch.seen, made))


def seen_after(proof: datetime, now: datetime) -> datetime:
    """Say until when a worker is known to be there, once an act proven at `proof` has arrived at `now`.

    An arrival within the longest gap is presence like any other. After a longer one the acts and beats that
    follow in the queue say what was in between, so nothing is decided yet.
    """
    return now if now - proof <= LONGEST_GAP else proof


def ask_after(estimate: timedelta | None) -> timedelta:
    """Say how long a page waits without an act before it asks "Still working?"; capped where the server asks."""
    return min(max(ASK_NOT_BEFORE, ESTIMATES_BEFORE_ASKING * (estimate or timedelta())), ASK_ANYWAY)


def must_be_asked(stretch: Stretch, now: datetime) -> bool:
    """Say whether the server asks now, because nobody has acted for so long and no page has asked."""
    runs = stretch.category not in {Category.BREAK, Category.UNKNOWN}
    return runs and stretch.asked is None and now - stretch.since >= ASK_ANYWAY


def may_release(stretch: Stretch, now: datetime) -> bool:
    """Say whether a worker with nothing in hand has waited long enough to be released at `now`."""
    waits = stretch.category is Category.WAITING and not stretch.held
    return waits and now - stretch.since >= RELEASE_NOT_BEFORE


def _verdict(*pieces: Piece, broken: bool = False) -> Verdict:
    return Verdict(tuple(piece for piece in pieces if piece.ms > 0), broken)


def week_start(moment: datetime) -> datetime:
    """Return the Monday 00:00 (UTC) that the moment's pay week begins with."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def by_week(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Split pieces at the week's boundary, so that each week's pay holds that week's time."""
    for piece in pieces:
        rest = piece
        while (boundary := week_start(rest.start) + timedelta(days=7)) < rest.end:
            yield replace(rest, end=boundary)
            rest = replace(rest, start=boundary)
        yield rest


VERSIONS: Mapping[str, Callable[[Stretch, datetime], Verdict]] = {"clock/2": close, "clock/3": close}
"""How each version closed a stretch. `clock/3` changed when a question is asked and when a wait may end, and the
question is one of the facts, so both close alike.
"""


def derive(version: str, stretch: Stretch, now: datetime) -> tuple[Piece, ...]:
    """Return the pieces, cut at the week's boundary, that this version makes of a stretch closed at `now`.

    An `unknown` stretch began where a silence had been found already, and what it was before is closed: it is judged
    from that silence again, as work of which nothing but the gap is left. Raises KeyError for a version that never was.
    """
    if stretch.category is Category.UNKNOWN:
        stretch = replace(stretch, category=Category.TASK)
    return tuple(by_week(VERSIONS[version](stretch, now).pieces))
