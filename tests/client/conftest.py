"""A live site with a project in which three people have ranked, and a token for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test.testcases import LiveServerThread

from annotation.services.submitting import submit_ballot
from byhand.accounts.scopes import SCOPES
from byhand.accounts.services import create_token
from tests.annotation.world import World, make_open, take


def _as_it_is(handler: Any) -> Any:
    return handler


@pytest.fixture
def live_site(own_database: str, settings: Any) -> Iterator[str]:
    thread = LiveServerThread("127.0.0.1", _as_it_is)  # type: ignore[arg-type]
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    settings.SITE_URL = f"http://localhost:{thread.port}"
    yield settings.SITE_URL
    thread.terminate()


@dataclass
class Site:
    url: str
    token: str
    world: World


@pytest.fixture
def site(live_site: str) -> Site:
    world = make_open(items=3, overlap=3, annotators=3)
    for worker in world.annotators:
        for _ in range(2):
            lease = take(world, worker)
            answer = {
                "groups": [[0], [1, 2]],
                "unacceptable": [3],
                "flags": [{"kind": "other", "completion": None}],
            }
            submit_ballot(
                worker=worker, lease_id=lease.pk, answer=answer, key=f"key-{lease.pk}", note="a note"
            )
    scopes = [scope for scope in SCOPES if scope != "work"]
    _, token = create_token(actor=world.engineer, name="client", scopes=scopes)
    return Site(live_site, token, world)
