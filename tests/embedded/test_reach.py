"""What can't be reached is one clear line with the remedy."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.conf import settings as django_settings

from byhand.embedded import reach
from byhand.embedded.process import CannotStart


@pytest.fixture
def taken() -> Any:
    """A port that somebody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def _one_line(error: pytest.ExceptionInfo[CannotStart]) -> str:
    line = str(error.value)
    assert "\n" not in line
    assert "Traceback" not in line
    return line


def test_a_free_port_is_fine() -> None:
    reach.require_free_port("127.0.0.1", 0)


def test_a_taken_port_names_it_and_the_option(taken: int) -> None:
    with pytest.raises(CannotStart) as error:
        reach.require_free_port("127.0.0.1", taken)
    assert f"Port {taken} on 127.0.0.1 can't be used (Address already in use)" in _one_line(error)
    assert "--port" in _one_line(error)


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "amqp://u:secret@127.0.0.1:1//", "redis+socket:///no/b.sock"]
)
def test_a_broker_that_is_away_names_the_variable_and_no_password(settings: Any, url: str) -> None:
    settings.CELERY_BROKER_URL = url
    with pytest.raises(CannotStart) as error:
        reach.require_broker()
    assert "can't be reached" in _one_line(error)
    assert "Check CELERY_BROKER_URL" in _one_line(error)
    assert "secret" not in _one_line(error)


def test_a_database_that_is_away_names_the_variable_and_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    away = {
        "HOST": "127.0.0.1", "PORT": "1", "USER": "u", "PASSWORD": "secret", "NAME": "d", "OPTIONS": {},
    }  # fmt: skip
    monkeypatch.setattr(django_settings, "DATABASES", {"default": away})
    with pytest.raises(CannotStart) as error:
        reach.require_database()
    assert "The database at 127.0.0.1/d can't be reached" in _one_line(error)
    assert "Check DATABASE_URL" in _one_line(error)
    assert "secret" not in _one_line(error)
