"""The stewards' page of pay periods, closing as a job, and the journal."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from byhand.jobs import worker as job_worker
from byhand.jobs.models import Job, JobState
from tests.wages.factories import Shop, after, make_shop
from tests.wages.test_close_period import work_ten_minutes
from tests.wages.test_pages import recently, signed_in
from wages.models import AccountKind, EntryKind, Period, Posting, Statement
from wages.selectors.journal import HEADER, journal_rows
from wages.services import close_jobs
from wages.services.charging import charge, open_period, worker_account
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db


def rows(shop: Shop, **span: object) -> list[dict[str, str]]:
    found: Iterator[list[str]] = journal_rows(shop.project, **span)  # type: ignore[arg-type]
    assert tuple(next(found)) == HEADER
    return [dict(zip(HEADER, row, strict=True)) for row in found]


def test_the_page_starts_a_job_that_closes_the_week_once() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    steward = recently(shop.stewards[0])
    first = steward.post(f"/pay/{shop.project_id}/close/")
    again = steward.post(f"/pay/{shop.project_id}/close/")
    job = Job.objects.get()
    assert (first.status_code, first["Location"]) == (302, f"/jobs/{job.pk}/")
    assert again["Location"] == first["Location"]
    assert job_worker.run(job.pk) == "succeeded"
    job.refresh_from_db()
    assert (job.done, job.total, job.message) == (1, 1, "2026-W10 is closed.")
    assert job.result["workers"] == 1
    assert Period.objects.get().closed_at is not None
    page = signed_in(shop.stewards[0]).get(f"/pay/{shop.project_id}/periods/").content.decode()
    assert "2026-W10" in page and "USD 3.39" in page and f"/jobs/{job.pk}/" in page
    refused = steward.post(f"/pay/{shop.project_id}/close/")
    assert refused.status_code == 409
    assert "No open pay period of this project has ended yet." in refused.content.decode()


def test_nobody_but_a_steward_sees_or_closes_periods() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    for path in ("periods/", "journal.csv"):
        assert signed_in(shop.engineer).get(f"/pay/{shop.project_id}/{path}").status_code == 404
    assert recently(shop.engineer).post(f"/pay/{shop.project_id}/close/").status_code == 404
    assert not Job.objects.exists()


def test_the_platform_starts_the_close_of_a_real_week_an_hour_after_its_end() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    ends = Period.objects.get().ends
    assert close_jobs.start_ended(at=ends) == 0
    assert close_jobs.start_ended(at=ends + close_jobs.AFTER_THE_END) == 1
    assert close_jobs.start_ended(at=ends + close_jobs.AFTER_THE_END) == 0
    job = Job.objects.get()
    assert job.payload["actor"] is None
    assert job_worker.run(job.pk) == "succeeded"
    assert Period.objects.get().closed_by is None


def test_a_close_that_failed_is_tried_again_a_day_later() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    late = Period.objects.get().ends + close_jobs.AFTER_THE_END
    close_jobs.start_ended(at=late)
    Job.objects.update(state=JobState.FAILED, finished_at=late)
    assert close_jobs.start_ended(at=late + close_jobs.TRY_AGAIN_AFTER / 2) == 0
    assert close_jobs.start_ended(at=late + close_jobs.TRY_AGAIN_AFTER) == 1


def test_simulated_weeks_are_closed_by_people_only() -> None:
    shop = make_shop(simulated=True, funded_micro=0)
    work_ten_minutes(shop)
    assert close_jobs.start_ended(at=after(days=30)) == 0


def test_a_job_closes_the_period_it_was_started_for_and_no_later_one() -> None:
    shop = make_shop(simulated=True, funded_micro=0)
    work_ten_minutes(shop)
    job = close_jobs.start_close(actor=shop.stewards[0], project_id=shop.project_id, at=after(hours=1))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(hours=1))
    assert job_worker.run(job.pk) == "succeeded"
    assert Period.objects.filter(closed_at__isnull=False).count() == 1
    assert Statement.objects.count() == 1


def test_the_journal_has_every_posting_and_ends_with_the_balances() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    found = rows(shop)
    postings = [row for row in found if row["kind"] != "balance"]
    assert len(postings) == Posting.objects.count()
    for side in ("debit", "credit"):
        assert sum(Decimal(row[side] or 0) for row in postings) == Decimal("1000006.783334")
    closing = [row for row in postings if row["kind"] == "period"]
    assert [(row["account"], row["worker"], row["debit"], row["credit"]) for row in closing] == [
        ("worker_earned", "W1", "3.391667", ""),
        ("worker_payable", "W1", "", "3.391667"),
    ]
    assert {(row["pay_period"], row["currency"], row["simulated"]) for row in closing} == {
        ("2026-W10", "USD", "no")
    }
    balances = {row["account"]: (row["debit"], row["credit"]) for row in found if row["kind"] == "balance"}
    assert balances == {
        "funding": ("1000000.000000", ""),
        "reservation": ("", "999996.608333"),
        "worker_earned": ("", "0.000000"),
        "worker_payable": ("", "3.391667"),
    }


def test_a_range_holds_its_own_postings_and_the_balances_at_its_end() -> None:
    shop = make_shop(funded_micro=0)
    work_ten_minutes(shop)
    assert [row["kind"] for row in rows(shop, until=after(seconds=-1))] == []
    inside = rows(shop, since=after(seconds=-1), until=after(minutes=12))
    assert [row["kind"] for row in inside] == ["work", "work", "work", "work", "balance", "balance"]
    assert [row["kind"] for row in rows(shop, since=after(minutes=12))] == ["balance", "balance"]


def test_a_reason_is_no_formula() -> None:
    shop = make_shop()
    charge(
        project=shop.project,
        kind=EntryKind.BONUS,
        amount_micro=1,
        credit=worker_account(shop.project_id, shop.worker.pk, AccountKind.WORKER_EARNED),
        key="=1+1",
        actor=shop.stewards[0],
        reason='=HYPERLINK("http://example.org")',
        pay_period=open_period(shop.project_id, after(minutes=1)),
    )
    bonus = [row for row in rows(shop) if row["kind"] == "bonus"]
    assert {(row["key"], row["reason"]) for row in bonus} == {("'=1+1", '\'=HYPERLINK("http://example.org")')}


def test_the_journal_by_page_and_by_command_is_the_same() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    page = signed_in(shop.stewards[0]).get(
        f"/pay/{shop.project_id}/journal.csv?from=2026-03-02&to=2099-03-09"
    )
    assert page["Content-Type"] == "text/csv; charset=utf-8"
    out = StringIO(newline="")
    call_command(
        "journal", "--project", str(shop.project_id), "--from", "2026-03-02", "--to", "2099-03-09", stdout=out
    )
    text = b"".join(page.streaming_content).decode()  # type: ignore[attr-defined]
    assert list(csv.reader(StringIO(text))) == list(csv.reader(StringIO(out.getvalue())))
    assert len(text.splitlines()) > 5


def test_a_bad_range_is_refused_in_words() -> None:
    shop = make_shop()
    bad = signed_in(shop.stewards[0]).get(f"/pay/{shop.project_id}/journal.csv?from=yesterday")
    assert bad.status_code == 422
    assert "A date such as 2026-03-02" in bad.content.decode()
    with pytest.raises(CommandError, match="--to: a date"):
        call_command("journal", "--project", str(shop.project_id), "--to", "2026-02-30")
