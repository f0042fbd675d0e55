"""Premiums of a week, version `premiums/1`: night, weekend and overtime on top of the hourly rate. Pure.

night     22:00 to 06:00 on the clock of the zone that the worker declared
weekend   Saturday 00:00 to Monday 00:00 there
overtime  paid time of the workweek (Monday 00:00 UTC, as pay periods) beyond the card's limit, in order of time

Each is `ceil(ms x hourly x permille / 3,600,000,000)`, rounded up once over all its time under one card; they add
up. Lengths are real time: a night on which the clock changes is an hour shorter or longer. Without a declared zone
UTC is used, and said (`zone_assumed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from byhand.money import MS_PER_HOUR, ceil_div
from wages.rules import week_start

PREMIUMS_VERSION = "premiums/1"
NIGHT_FROM, NIGHT_TO = time(22), time(6)
MILLISECOND = timedelta(milliseconds=1)


class PremiumKind(StrEnum):
    NIGHT = "night"
    WEEKEND = "weekend"
    OVERTIME = "overtime"


@dataclass(frozen=True)
class CardTerms:
    """What a rate card says beyond its hourly rate. `id` tells cards apart; permille 0: no such premium."""

    id: int
    hourly_micro: int
    night_permille: int = 0
    weekend_permille: int = 0
    overtime_permille: int = 0
    overtime_after_ms: int | None = None
    bonus_micro: int = 0
    bonus_after_ms: int | None = None

    def permille(self, kind: PremiumKind) -> int:
        """Return the premium of `kind` in parts per thousand of the hourly rate."""
        return {
            PremiumKind.NIGHT: self.night_permille,
            PremiumKind.WEEKEND: self.weekend_permille,
            PremiumKind.OVERTIME: self.overtime_permille,
        }[kind]


@dataclass(frozen=True)
class Worked:
    """One paid stretch [start, end) under one card; `zone` as declared at the time, None: never declared."""

    start: datetime
    end: datetime
    card: CardTerms
    zone: str | None = None

    @property
    def ms(self) -> int:
        return (self.end - self.start) // MILLISECOND


@dataclass(frozen=True)
class Premium:
    """One premium of one card: its time, its amount, and the stretches that it was cut out of."""

    kind: PremiumKind
    card_id: int
    permille: int
    ms: int
    micro: int
    parts: tuple[tuple[datetime, datetime], ...]
    zone_assumed: bool


@dataclass(frozen=True)
class Bonus:
    """The weekly bonus that was reached: which card grants it, how much, for how much paid time."""

    card_id: int
    micro: int
    paid_ms: int


Part = tuple[Worked, datetime, datetime]


def premiums(
    worked: Iterable[Worked], *, week_ms_before: Mapping[datetime, int] | None = None
) -> list[Premium]:
    """Return the premiums of one worker's stretches in one pay period, by card and kind.

    `week_ms_before` maps a workweek's beginning (UTC) to paid time of it that was counted in an earlier period:
    late work keeps its date, so its overtime begins where that week's time left off.
    """
    ordered = sorted(worked, key=lambda each: each.start)
    parts = {
        PremiumKind.NIGHT: [part for each in ordered for part in _clocked(each, _is_night)],
        PremiumKind.WEEKEND: [part for each in ordered for part in _clocked(each, _is_weekend)],
        PremiumKind.OVERTIME: list(_overtime(ordered, week_ms_before or {})),
    }
    found = []
    for kind, all_parts in parts.items():
        cards = {each.card.id: each.card for each, _start, _end in all_parts}
        for card in sorted(cards.values(), key=lambda card: card.id):
            mine = [part for part in all_parts if part[0].card.id == card.id]
            if card.permille(kind) > 0:
                found.append(_premium(kind, card, mine))
    return found


def weekly_bonus(paid: Sequence[tuple[CardTerms, int]]) -> Bonus | None:
    """Return the highest bonus that the period's paid time (under all its cards together) has reached, or None."""
    total = sum(ms for _card, ms in paid)
    reached = [
        card
        for card, _ms in paid
        if card.bonus_micro > 0 and total > 0 and total >= (card.bonus_after_ms or 0)
    ]
    if not reached:
        return None
    best = max(reached, key=lambda card: (card.bonus_micro, -card.id))
    return Bonus(best.id, best.bonus_micro, total)


def premium_micro(ms: int, hourly_micro: int, permille: int) -> int:
    """Return the premium part alone, in micro-units, rounded up."""
    return ceil_div(ms * hourly_micro * permille, 1000 * MS_PER_HOUR)


def _premium(kind: PremiumKind, card: CardTerms, parts: list[Part]) -> Premium:
    ms = sum((end - start) // MILLISECOND for _each, start, end in parts)
    return Premium(
        kind=kind,
        card_id=card.id,
        permille=card.permille(kind),
        ms=ms,
        micro=premium_micro(ms, card.hourly_micro, card.permille(kind)),
        parts=tuple((start, end) for _each, start, end in parts),
        zone_assumed=kind is not PremiumKind.OVERTIME and any(each.zone is None for each, _s, _e in parts),
    )


def _overtime(ordered: Sequence[Worked], before: Mapping[datetime, int]) -> Iterator[Part]:
    reached = dict(before)
    for each in ordered:
        start = each.start
        while start < each.end:
            week = week_start(start.astimezone(UTC))
            end = min(each.end, week + timedelta(days=7))
            done, limit = reached.get(week, 0), each.card.overtime_after_ms
            reached[week] = done + (end - start) // MILLISECOND
            if limit is not None:
                over = max(start, start + (limit - done) * MILLISECOND)
                if over < end:
                    yield each, over, end
            start = end


def _clocked(each: Worked, inside: Callable[[datetime], bool]) -> Iterator[Part]:
    """Yield the parts of a stretch that lie inside by the wall clock, joined where they touch."""
    zone = ZoneInfo(each.zone or "UTC")
    cuts = [each.start, *_boundaries(each.start, each.end, zone), each.end]
    since: datetime | None = None
    for start, end in pairwise(cuts):
        within = inside(start.astimezone(zone))
        if within and since is None:
            since = start
        if since is not None and not within:
            yield each, since, start
            since = None
        if since is not None and end == each.end:
            yield each, since, end


def _is_night(here: datetime) -> bool:
    return here.time() >= NIGHT_FROM or here.time() < NIGHT_TO


def _is_weekend(here: datetime) -> bool:
    return here.weekday() >= 5


def _boundaries(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return every moment within (start, end) at which the wall clock may pass midnight, 06:00 or 22:00."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    found: set[datetime] = set()
    while day <= last:
        for hour in (time(0), NIGHT_TO, NIGHT_FROM):
            found.update(_moments(datetime.combine(day, hour), zone))
        day += timedelta(days=1)
    return sorted(moment for moment in found if start < moment < end)


def _moments(wall: datetime, zone: ZoneInfo) -> set[datetime]:
    """Return when a wall clock shows `wall`: once; or, where it jumps there, both readings and the jump itself."""
    one, two = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if one == two:
        return {one}
    low, high = min(one, two), max(one, two)
    before = low.astimezone(zone).utcoffset()
    while high - low > MILLISECOND:
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return {one, two, high.replace(microsecond=high.microsecond // 1000 * 1000)}
