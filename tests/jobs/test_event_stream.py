"""The event stream, as a real uvicorn process that a browser-like client reads."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client

from byhand.accounts import services as accounts
from byhand.accounts.models import Role
from byhand.embedded.paths import ROOT
from byhand.jobs import services
from byhand.jobs.models import Job
from tests.fixtures_processes import eventually, process_environment
from tests.jobs.support import claimed

SITE = "http://localhost:8000"
PASSWORD = "a long enough password"


@dataclass
class Stream:
    url: str
    cookies: dict[str, str]
    job: Job

    def open(self, **options: Any) -> Any:
        path = f"{self.url}/events/jobs/{self.job.pk}/"
        return httpx.stream("GET", path, **{"cookies": self.cookies, "timeout": 30, **options})


def lines(response: httpx.Response) -> Iterator[tuple[str, str, Any]]:
    """Yield (event, id, data) of every message; comments are left out."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if not line and "data" in fields:
            yield fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"])
        if not line:
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def events_process(own_database: str, tmp_path: Path, settings: Any) -> Iterator[str]:
    settings.SITE_URL = SITE
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "byhand.asgi:application", "--port", str(port)]
    with (tmp_path / "events.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=process_environment(), stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, (tmp_path / "events.log").read_text()
        try:
            return httpx.get(f"{url}/events/health").status_code == 200
        except httpx.TransportError:
            return False

    eventually(answers, "uvicorn")
    yield url
    process.kill()
    process.wait()


def _session(email: str) -> dict[str, str]:
    client = Client()
    client.force_login(accounts.create_user(email=email, password=PASSWORD))
    return {name: morsel.value for name, morsel in client.cookies.items()}


@pytest.fixture
def stream(events_process: str) -> Stream:
    organisation = accounts.create_organisation(name="Fund", slug="fund", country="DE")
    user = accounts.create_user(email="engineer@example.org", password=PASSWORD)
    accounts.add_member(actor=None, user=user, organisation=organisation, role=Role.ENGINEER)
    client = Client()
    client.force_login(user)
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    job = services.enqueue(kind="test.echo", payload={}, organisation=organisation)
    return Stream(events_process, cookies, job)


def test_a_follower_gets_every_event_while_it_happens_and_then_the_end(stream: Stream) -> None:
    with stream.open() as response:
        assert response.headers["content-type"] == "text/event-stream"
        told = lines(response)
        assert next(told)[2]["state"] == "queued"
        fence = claimed(stream.job)
        assert next(told)[2]["data"] == {"state": "running", "attempt": 1}
        assert next(told)[2]["state"] == "running"
        services.event(job_id=stream.job.pk, fence=fence, kind="metrics", data={"loss": 0.5})
        name, event_id, data = next(told)
        assert (name, data["kind"], data["data"]) == ("message", "metrics", {"loss": 0.5})
        assert event_id == str(data["id"])
        services.progress(job_id=stream.job.pk, fence=fence, done=1, total=2)
        name, _, snapshot = next(told)
        assert (name, snapshot["done"], snapshot["total"]) == ("job", 1, 2)
        services.finish(job_id=stream.job.pk, fence=fence, result={})
        assert [name for name, _, _ in told] == ["message", "job", "end"]


def test_a_follower_that_comes_back_gets_what_it_missed(stream: Stream) -> None:
    fence = claimed(stream.job)
    first = services.event(job_id=stream.job.pk, fence=fence, kind="metrics", data={"n": 1})
    services.event(job_id=stream.job.pk, fence=fence, kind="metrics", data={"n": 2})
    with stream.open(headers={"Last-Event-ID": str(first.pk)}) as response:
        assert next(lines(response))[2]["data"] == {"n": 2}
    with stream.open(params={"after": first.pk}) as response:
        assert next(lines(response))[2]["data"] == {"n": 2}


def test_a_lost_listening_connection_is_made_again_and_nothing_is_missed(stream: Stream) -> None:
    fence = claimed(stream.job)
    with stream.open() as response:
        told = lines(response)
        assert [next(told)[0] for _ in range(2)] == ["message", "job"]
        assert _end_listeners() == 1
        services.event(job_id=stream.job.pk, fence=fence, kind="metrics", data={"n": 1})
        assert next(told)[2]["data"] == {"n": 1}


def _end_listeners() -> int:
    """End the backends that listen, as a restart of the database does; return how many there were."""
    database = connections["default"].settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"] or None, user=database["USER"],
        password=database["PASSWORD"] or None, dbname=database["NAME"], autocommit=True,
    ) as connection:  # fmt: skip
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        ).fetchall()
    return len(ended)


def test_strangers_other_sites_and_nonsense_are_refused(stream: Stream) -> None:
    refused: dict[str, tuple[dict[str, Any], int]] = {
        "nobody": ({"cookies": {}}, 404),
        "a stranger": ({"cookies": _session("stranger@example.org")}, 404),
        "a forged session": ({"cookies": {django_settings.SESSION_COOKIE_NAME: "x" * 32}}, 404),
        "another site": ({"headers": {"Origin": "https://evil.example"}}, 403),
    }
    for who, (options, status) in refused.items():
        with stream.open(**options) as response:
            assert response.status_code == status, who
            assert "state" not in response.read().decode(), who
    assert httpx.get(f"{stream.url}/events/jobs/{'-' * 36}/").status_code == 404
    assert httpx.get(f"{stream.url}/other").status_code == 404
    assert httpx.post(f"{stream.url}/events/jobs/{stream.job.pk}/").status_code == 405


def test_our_own_pages_may_read_it_with_their_cookie(stream: Stream) -> None:
    with stream.open(headers={"Origin": SITE}) as response:
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == SITE
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["cache-control"] == "no-store"
