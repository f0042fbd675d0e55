"""The clock's rules by exact examples: what a stretch was, decided from four times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.wages.factories import MONDAY, after
from wages.rules import Piece, Stretch, Verdict, by_week, close
from wages.work import Category

TASK, WAITING, UNKNOWN, BREAK = Category.TASK, Category.WAITING, Category.UNKNOWN, Category.BREAK


def task(seen: datetime, *, asked: datetime | None = None, held: bool = True) -> Stretch:
    return Stretch(TASK, MONDAY, seen, asked, held)


def shape(verdict: Verdict) -> list[tuple[str, int, bool]]:
    return [(piece.category.value, piece.ms // 1000, piece.paid) for piece in verdict.pieces]


def test_a_silence_of_exactly_twenty_minutes_is_paid_and_one_second_more_is_not() -> None:
    seen = after(minutes=5)
    assert shape(close(task(seen), after(minutes=25))) == [("task", 1500, True)]
    assert shape(close(task(seen), after(minutes=25, seconds=1))) == [
        ("task", 300, True),
        ("unknown", 1201, False),
    ]


def test_without_an_item_in_hand_the_session_ends_at_the_last_proof_of_presence() -> None:
    verdict = close(task(after(minutes=5), held=False), after(hours=3))
    assert (shape(verdict), verdict.broken) == ([("task", 300, True)], True)


@pytest.mark.parametrize(
    ("seconds", "paid"), [(1, True), (1199, True), (1200, True), (1201, False), (7200, False)]
)
def test_a_break_of_up_to_twenty_minutes_is_paid_whole_and_a_longer_one_not_at_all(
    seconds: int, paid: bool
) -> None:
    verdict = close(Stretch(BREAK, MONDAY, MONDAY), after(seconds=seconds))
    assert (shape(verdict), verdict.broken) == ([("break", seconds, paid)], False)


def test_a_tab_open_overnight_pays_until_the_question() -> None:
    verdict = close(task(after(hours=12), asked=after(minutes=30)), after(hours=12))
    assert shape(verdict) == [("task", 1800, True), ("unknown", 41_400, False)]


@pytest.mark.parametrize(("seconds", "broken"), [(599, False), (600, True), (601, True)])
def test_a_question_waits_ten_minutes_for_its_answer(seconds: int, broken: bool) -> None:
    now = after(minutes=30, seconds=seconds)
    verdict = close(task(now, asked=after(minutes=30)), now)
    assert verdict.broken is broken
    assert shape(verdict)[0] == ("task", 1800 if broken else 1800 + seconds, True)


def test_599_600_and_601_seconds_follow_each_other() -> None:
    found = [close(task(after(seconds=s)), after(seconds=s)).pieces[0].ms for s in (599, 600, 601)]
    assert found == [599_000, 600_000, 601_000]


def test_an_empty_stretch_has_no_pieces() -> None:
    assert close(task(MONDAY), MONDAY).pieces == ()


def test_a_piece_is_split_at_monday_midnight() -> None:
    sunday = datetime(2026, 3, 8, 23, 50, tzinfo=UTC)
    piece = Piece(TASK, sunday, sunday + timedelta(minutes=25), paid=True)
    assert [(part.start, part.ms) for part in by_week([piece])] == [
        (sunday, 600_000),
        (datetime(2026, 3, 9, tzinfo=UTC), 900_000),
    ]


def test_a_night_with_a_change_of_summer_time_has_its_real_length() -> None:
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 01:30 in Berlin; two hours later it is 04:30 there
    verdict = close(Stretch(TASK, start, start + timedelta(hours=2), None, True), start + timedelta(hours=2))
    assert shape(verdict) == [("task", 7200, True)]
