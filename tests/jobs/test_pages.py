"""The page of a job and its JSON feed, for those who may follow it and for nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from byhand.accounts.models import User
from byhand.jobs import services
from byhand.jobs.models import Job
from tests.jobs.support import claimed, row


@pytest.fixture
def signed_in(client: Client, engineer: User) -> Client:
    client.force_login(engineer)
    return client


def test_it_works(signed_in: Client, job: Job) -> None:
    page = signed_in.get(f"/jobs/{job.pk}/")
    assert page.status_code == 200
    assert "Job: test.echo" in page.content.decode()
    assert "Stop this job" in page.content.decode()


def test_the_feed_gives_the_job_and_what_came_after(signed_in: Client, job: Job) -> None:
    fence = claimed(job)
    first = services.event(job_id=job.pk, fence=fence, kind="metrics", data={"loss": 1})
    services.event(job_id=job.pk, fence=fence, kind="metrics", data={"loss": 2})
    feed = signed_in.get(f"/jobs/{job.pk}/events.json?after={first.pk}").json()
    assert [event["data"] for event in feed["events"]] == [{"loss": 2}]
    assert (feed["job"]["state"], feed["ended"]) == ("running", False)


def test_the_feed_says_when_nothing_more_comes(signed_in: Client, job: Job) -> None:
    services.finish(job_id=job.pk, fence=claimed(job), result={})
    assert signed_in.get(f"/jobs/{job.pk}/events.json").json()["ended"] is True


@pytest.mark.parametrize("after", ["x", "-1", "1e9", "²", "9" * 30])
def test_a_bad_position_is_refused(signed_in: Client, job: Job, after: str) -> None:
    answer = signed_in.get(
        f"/jobs/{job.pk}/events.json", {"after": after}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_cancelling_is_a_post(signed_in: Client, job: Job) -> None:
    before = row(job)
    assert signed_in.get(f"/jobs/{job.pk}/cancel/").status_code == 405
    assert row(job) == before
    assert signed_in.post(f"/jobs/{job.pk}/cancel/").status_code == 302
    assert Job.objects.get(pk=job.pk).state == "cancelled"


@pytest.mark.parametrize("path", ["", "events.json", "cancel/"])
def test_a_job_of_others_does_not_exist(client: Client, stranger: User, job: Job, path: str) -> None:
    client.force_login(stranger)
    before = row(job)
    method = client.post if path == "cancel/" else client.get
    assert method(f"/jobs/{job.pk}/{path}").status_code == 404
    assert row(job) == before


@pytest.mark.parametrize("path", ["", "events.json"])
def test_nobody_is_sent_to_sign_in(client: Client, job: Job, path: str) -> None:
    answer = client.get(f"/jobs/{job.pk}/{path}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
