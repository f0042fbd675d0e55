"""A receiver on this machine, and an organisation that tells it things."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from byhand.accounts.models import Organisation, User
from byhand.accounts.services import add_member, create_organisation, create_user
from byhand.webhooks.models import Endpoint
from byhand.webhooks.services import create_endpoint


@dataclass
class Receiver:
    """Answers each POST with the next of `answers` (the last one for ever) and keeps what came."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [(200, {}, b"ok")])
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.came.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, headers, said = kept.answers[min(len(kept.came), len(kept.answers)) - 1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook?from=byhand"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def make_people() -> tuple[Organisation, User]:
    organisation = create_organisation(name="River", slug="river", country="KE", simulated=True)
    engineer = create_user(email="engineer@example.org", password=None, simulated=True)
    add_member(actor=None, user=engineer, organisation=organisation, role="engineer")
    return organisation, engineer


@dataclass
class World:
    organisation: Organisation
    engineer: User
    endpoint: Endpoint
    secret: str


def make_world(url: str, **more: Any) -> World:
    organisation, engineer = make_people()
    fields: dict[str, Any] = {"events": ["project.published", "project.paused"]}
    endpoint, secret = create_endpoint(actor=engineer, organisation=organisation, url=url, **fields | more)
    return World(organisation, engineer, endpoint, secret)


@pytest.fixture
def world(db: None, receiver: Receiver) -> World:
    return make_world(receiver.url)
