"""The worked example of `docs/how-it-works/pay.md`, lived through once on the real clock and compared line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from byhand.embedded.paths import ROOT
from byhand.money import accrued, format_money, to_minor_up
from tests.wages.factories import MONDAY, RATE, Shop, make_shop
from wages.models import Interval
from wages.services import clock
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db
PAGE = (ROOT / "docs" / "how-it-works" / "pay.md").read_text(encoding="utf-8")
FIRST, SECOND = WorkRef(WorkKind.RANK, "lease-1"), WorkRef(WorkKind.RANK, "lease-2")


@dataclass(frozen=True)
class Line:
    """One line of the table in the page, or one interval of the ledger."""

    start: str
    end: str
    category: str
    ms: int
    total_ms: int | None
    micro: int


def printed() -> list[Line]:
    """Read the table between the markers `worked example` of the page."""
    table = PAGE.split("<!-- worked example -->")[1]
    found = []
    for row in re.findall(r"^\| (\d\d:.*) \|$", table, re.MULTILINE):
        start, end, category, ms, total, micro, _why = [cell.strip() for cell in row.split(" | ")]
        whole = None if total == "not paid" else _number(total)
        found.append(Line(start, end, category, _number(ms), whole, _number(micro)))
    return found


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def moment(text: str) -> datetime:
    clock_time = datetime.strptime(text, "%H:%M:%S.%f").replace(tzinfo=MONDAY.tzinfo)
    return datetime.combine(MONDAY.date(), clock_time.timetz())


def show(shop: Shop, category: Category, work: WorkRef | None, at: str) -> None:
    held = clock.lock_clock(worker=shop.worker, at=moment(at))
    clock.move(held, category=category, project_id=shop.project_id, work=work, tab="t")


def live_through(shop: Shop) -> None:
    """Do what the page tells, at the times that it gives."""
    worker, project = shop.worker, shop.project_id
    clock.begin_page(
        worker=worker, project_id=project, category=Category.GUIDELINES, tab="t", at=moment("09:00:00.000")
    )
    clock.start_work(worker=worker, project_id=project, tab="t", at=moment("09:04:10.250"))
    show(shop, Category.TASK, FIRST, "09:04:10.290")
    show(shop, Category.WAITING, None, "09:06:31.117")
    show(shop, Category.TASK, SECOND, "09:06:31.160")
    clock.take_break(worker=worker, at=moment("09:20:00.000"))
    clock.end_break(worker=worker, at=moment("09:38:00.000"))
    token = clock.clock_token(worker, "session")
    clock.beat(token=token, tab="t", seq=1, elapsed_ms=1, at=moment("09:45:00.000"))
    show(shop, Category.WAITING, None, "10:05:01.000")
    clock.stop(worker=worker, at=moment("10:05:30.500"))
    gap = Interval.objects.get(worker=worker, category="unknown")
    clock.answer_unknown(worker=worker, interval_id=gap.pk, paid_ms=900_000, at=moment("11:00:00.000"))


def recorded(shop: Shop) -> list[Line]:
    """Return the intervals in the order in which they were posted, with the running total that pay is made from."""
    found, total = [], 0
    for row in Interval.objects.filter(worker=shop.worker).order_by("id"):
        paid = row.rate_card_id is not None
        total += row.ms if paid else 0
        start, end = (_shown(edge) for edge in (row.period.lower, row.period.upper))
        found.append(Line(start, end, row.category, row.ms, total if paid else None, row.earned_micro))
    return found


def _shown(edge: datetime) -> str:
    return edge.astimezone(MONDAY.tzinfo).strftime("%H:%M:%S.%f")[:-3]


def test_the_worked_example_is_what_the_clock_and_the_ledger_do() -> None:
    shop = make_shop()
    live_through(shop)
    assert len(printed()) == 10
    assert recorded(shop) == printed()


def test_each_printed_amount_is_the_difference_of_the_pay_formula() -> None:
    before = 0
    for line in printed():
        if line.total_ms is None:
            assert line.micro == 0
            continue
        assert line.total_ms == before + line.ms
        assert line.micro == accrued(line.total_ms, RATE) - accrued(before, RATE)
        before = line.total_ms


def test_the_sentences_around_the_table_name_its_totals() -> None:
    paid = sum(line.ms for line in printed() if line.total_ms is not None)
    micro = sum(line.micro for line in printed())
    assert micro == accrued(paid, RATE)
    text = " ".join(PAGE.split())
    assert f"{paid:,} ms" in text
    assert f"{micro:,} micro-units" in text
    assert f"{format_money(micro, 'USD', exact=True)}" in text
    assert f"{to_minor_up(micro, 'USD'):,} cents" in text
    one_ms_each = sum(accrued(ms, RATE) - accrued(ms - 1, RATE) for ms in range(1, 1001))
    assert one_ms_each == accrued(1000, RATE)
    assert f"{accrued(1000, RATE):,} micro-units" in text
    unanswered = timedelta(minutes=20, seconds=1)
    gap = next(line for line in printed() if line.category == "unknown")
    assert timedelta(milliseconds=gap.ms) == unanswered
