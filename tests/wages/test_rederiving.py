"""Every interval keeps what its rule decided from, and verify_ledger finds the first that the rule would not make."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from tests.wages.factories import Shop, after, make_shop
from tests.wages.test_clock import TWO, show, start
from tests.wages.test_presence import begun, send
from tests.wages.test_verify_ledger import corrupt
from wages.models import Interval
from wages.rules import RULE_VERSION, VERSIONS
from wages.services import clock
from wages.timekeeping.rederiving import bad_derivation
from wages.verification import verify


def lived() -> Shop:
    """Waiting, work, a paid and an unpaid break, a silence with an item in hand, a late answer, a week's end."""
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 10)
    send(token, 2, 35)
    send(token, 3, 45)
    clock.ask_presence(token=token, at=after(minutes=56))
    clock.answer_presence(token=token, at=after(minutes=68))
    clock.take_break(worker=shop.worker, at=after(minutes=70))
    clock.end_break(worker=shop.worker, at=after(minutes=110))
    show(shop, TWO, after(minutes=111))
    clock.sweep(at=after(minutes=140))
    clock.end_break(worker=shop.worker, at=after(minutes=150))
    clock.stop(worker=shop.worker, at=after(minutes=151))
    clock.start_work(
        worker=shop.worker, project_id=shop.project_id, tab="a", at=after(days=6, hours=14, minutes=55)
    )
    show(shop, None, after(days=6, hours=15, minutes=5))
    clock.stop(worker=shop.worker, at=after(days=6, hours=15, minutes=6))
    return shop


@pytest.mark.django_db
def test_what_was_lived_derives_again() -> None:
    lived()
    assert Interval.objects.filter(judged_at__isnull=True).count() == 0
    assert {"unknown", "break", "task", "waiting"} <= set(Interval.objects.values_list("category", flat=True))
    assert bad_derivation() is None


@pytest.mark.django_db
def test_the_facts_say_why_a_gap_is_unknown() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 10)
    send(token, 2, 35)
    gap = Interval.objects.get(category="unknown")
    assert (gap.stretch_seen, gap.stretch_asked, gap.stretch_held) == (after(minutes=10), None, True)
    assert (gap.judged_at, gap.rule_version) == (after(minutes=35), RULE_VERSION)


@pytest.mark.django_db
def test_a_row_by_the_workers_word_has_no_facts() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 10)
    send(token, 2, 35)
    gap = Interval.objects.get(category="unknown")
    word = clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(hours=1))
    word.refresh_from_db()
    assert (word.judged_at, word.stretch_seen, word.stretch_category) == (None, None, "")
    assert bad_derivation() is None


def test_every_version_that_was_written_can_still_be_judged() -> None:
    assert {"clock/2", "clock/3", RULE_VERSION} == set(VERSIONS)


@pytest.mark.django_db
def test_facts_are_whole_or_absent() -> None:
    shop = make_shop()
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=1))
    row = Interval.objects.get()
    row.pk, row.period, row.stretch_seen = None, (after(days=1), after(days=1, minutes=1)), None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert Interval.objects.count() == 1


CORRUPTIONS = {
    "category": "category = 'waiting'",
    "period": "period = tstzrange(lower(period), upper(period) - interval '1 second'), ms = ms - 1000",
    "stretch_seen": "stretch_seen = stretch_seen - interval '21 minutes'",
    "stretch_asked": "stretch_asked = lower(period)",
    "stretch_held": "stretch_held = NOT stretch_held",
    "stretch_since": "stretch_since = stretch_since + interval '1 millisecond'",
    "judged_at": "judged_at = judged_at + interval '1 hour'",
    "rule_version": "rule_version = 'clock/1'",
}


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_a_corrupted_fact_is_found_and_named(own_database: str, what: str) -> None:
    lived()
    category = "unknown" if what in {"stretch_seen", "judged_at"} else "task"
    row = Interval.objects.filter(category=category, work_id="lease-1", ms__gt=20 * 60_000).order_by("id")[0]
    corrupt(f"UPDATE wages_interval SET {CORRUPTIONS[what]} WHERE id = {row.pk}")  # noqa: S608
    assert (bad_derivation() or "").startswith(f"interval {row.pk} ")
    found = {finding.check: finding.bad for finding in verify()}
    assert found["every interval is what its rule makes of its facts"] is not None


def test_a_gap_that_was_shortened_is_found(own_database: str) -> None:
    lived()
    gap = Interval.objects.filter(category="unknown").order_by("id")[0]
    corrupt(f"UPDATE wages_interval SET {CORRUPTIONS['period']} WHERE id = {gap.pk}")  # noqa: S608
    assert (bad_derivation() or "").startswith(f"interval {gap.pk} (unknown")
