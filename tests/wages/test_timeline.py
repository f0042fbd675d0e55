"""A worker's own timeline: each stretch with its facts in plain words, bounded by the day, and all of it as files."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from tests.wages.test_presence import begun, send
from tests.wages.test_unknown import leave_gap, settle
from wages.models import Interval
from wages.selectors.timeline import ROWS, timeline
from wages.services import clock

pytestmark = pytest.mark.django_db
DAY = {"day": "2026-03-02"}


def lived() -> Shop:
    """Beats up to 09:45, back at 10:05:01, a late answer, a long break, stop."""
    shop = make_shop()
    token = begun(shop)
    for seq, minute in enumerate((15, 30, 45), start=1):
        send(token, seq, minute)
    send(token, 4, 65 + 1 / 60)
    send(token, 5, 80)
    clock.ask_presence(token=token, at=after(minutes=90))
    clock.answer_presence(token=token, at=after(minutes=101))
    clock.take_break(worker=shop.worker, at=after(minutes=102))
    clock.end_break(worker=shop.worker, at=after(minutes=130))
    clock.stop(worker=shop.worker, at=after(minutes=131))
    return shop


def whys(shop: Shop) -> list[str]:
    return [row.why for row in timeline(shop.worker, MONDAY.date(), after(days=1)).rows[::-1]]


def test_each_stretch_says_in_words_what_the_rule_saw() -> None:
    assert whys(lived()) == [
        "Paid up to the last sign of you at 09:45:00; after it came more than 20 minutes of silence.",
        "No sign of you from 09:45:00; you were back at 10:05:01; longer than 20 minutes, so unknown.",
        "Paid up to the question “Still working?” at 10:30:00, which was not answered in time.",
        "“Still working?” was asked at 10:30:00 and not answered in 10 minutes; you were back at 10:41:00.",
        "Paid from one act to the next.",
        "A break of more than 20 minutes: not paid.",
        "Paid from one act to the next.",
    ]


def test_answers_say_whose_word_they_are() -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    settle(shop)
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(hours=2))
    assert whys(shop)[1:] == [
        "Nobody had answered when the week closed: paid up to the time that three quarters of the tasks take.",
        "Your word about it settled it.",
    ]


def test_a_day_has_what_touches_it_and_knows_its_neighbours() -> None:
    shop = make_shop()
    token = begun(shop)
    for seq in range(1, 90):
        send(token, seq, seq * 10)
        if seq % 6 == 0:
            clock.end_break(worker=shop.worker, at=after(minutes=seq * 10))
            clock.take_break(worker=shop.worker, at=after(minutes=seq * 10))
            clock.end_break(worker=shop.worker, at=after(minutes=seq * 10 + 1))
    clock.stop(worker=shop.worker, at=after(hours=15, minutes=10))
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(days=3))
    clock.stop(worker=shop.worker, at=after(days=3, minutes=1))
    monday = timeline(shop.worker, MONDAY.date(), after(days=3))
    tuesday = timeline(shop.worker, monday.later, after(days=3))
    across = [row for row in monday.rows if row.interval.period.upper > after(hours=15)]
    assert (
        len(across) == 1 and monday.marks[-1].left + monday.marks[-1].width == 1000 and monday.hours[-1] == 24
    )
    assert tuesday.rows[0].interval == across[0].interval and tuesday.marks[0].left == 0
    assert (tuesday.earlier, tuesday.later) == (MONDAY.date(), after(days=3).date())
    assert monday.beats_count == 89 and len(monday.beats) == 89


def test_the_reads_of_a_day_are_bounded_and_few() -> None:
    shop = lived()
    with CaptureQueriesContext(connection) as seen:
        timeline(shop.worker, MONDAY.date(), after(days=1))
    assert len(seen) <= 14, [query["sql"] for query in seen.captured_queries]


def test_the_day_is_found_by_an_index() -> None:
    shop = lived()
    ended = {"period__endswith__gt": MONDAY, "period__endswith__lte": after(days=1)}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Interval.objects.filter(worker=shop.worker, **ended).explain()
    assert "wages_interval_worker_until" in plan


def test_the_page_shows_the_day_with_and_without_scripts(client: Client) -> None:
    shop = lived()
    client.force_login(shop.worker)
    page = client.get(reverse("my_timeline"), DAY).content.decode()
    assert "No sign of you from 09:45:00" in page and "clock/3" in page and 'class="dayline__unknown"' in page
    part = client.get(reverse("my_timeline"), {**DAY, "part": "live"}).content.decode()
    assert "No sign of you from 09:45:00" in part and "<html" not in part


def test_nobody_sees_anybody_elses(client: Client) -> None:
    shop = lived()
    client.force_login(make_user())
    assert "09:45:00" not in client.get(reverse("my_timeline"), DAY).content.decode()
    assert shop.worker.pk


@pytest.mark.parametrize(
    "day", ["soon", "2026-13-01", "0001-01-01", "9999-12-31", "=1+1", "2026-03-02T00:00"]
)
def test_a_day_that_is_none_is_refused(client: Client, day: str) -> None:
    client.force_login(make_user())
    assert client.get(reverse("my_timeline"), {"day": day}).status_code == 422


def test_the_files_hold_everything(client: Client) -> None:
    shop = lived()
    client.force_login(shop.worker)
    answer = client.get(reverse("my_timeline_json"))
    found = json.loads(answer.getvalue())
    assert len(found["intervals"]) == Interval.objects.count()
    assert len(found["beats"]) == 5
    assert found["questions"] == [
        {"asked_utc": after(minutes=90).isoformat(), "next_act_utc": after(minutes=101).isoformat()}
    ]
    assert found["releases"] == []
    gap = next(row for row in found["intervals"] if row["category"] == "unknown")
    assert (gap["last_sign_utc"], gap["item_in_hand"]) == (after(minutes=45).isoformat(), True)
    rows = list(csv.DictReader(io.StringIO(client.get(reverse("my_timeline_csv")).getvalue().decode())))
    assert len(rows) == len(found["intervals"])
    assert rows[1]["last_sign_utc"] == gap["last_sign_utc"] and rows[1]["item_in_hand"] == "true"


def test_no_cell_is_a_formula(client: Client) -> None:
    shop = lived()
    type(shop.project).objects.filter(pk=shop.project_id).update(title="=HYPERLINK(1)")
    client.force_login(shop.worker)
    text = client.get(reverse("my_timeline_csv")).getvalue().decode()
    assert "'=HYPERLINK(1)" in text and ",=HYPERLINK" not in text


def test_a_full_day_is_shown_in_pages_newest_first() -> None:
    shop = make_shop()
    for second in range(ROWS + 10):
        at = after(seconds=2 * second)
        clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=at)
        clock.stop(worker=shop.worker, at=after(seconds=2 * second + 1))
    first = timeline(shop.worker, MONDAY.date(), after(days=1))
    rest = timeline(shop.worker, MONDAY.date(), after(days=1), first.older or 0)
    assert (len(first.rows), first.older) == (ROWS, ROWS)
    assert len(first.marks) <= ROWS + 10
    assert (len(rest.rows), rest.older) == (10, None)
    assert first.rows[0].interval.pk > first.rows[-1].interval.pk > rest.rows[0].interval.pk
