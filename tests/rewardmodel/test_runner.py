"""The training process: an environment without our secrets, and a line that is no event ends the attempt."""

from __future__ import annotations

import pytest

from rewardmodel.errors import ProcessDied
from rewardmodel.runner import _parse, clean_environment


def test_the_training_process_gets_no_secret_and_no_address_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "SECRET_KEY",
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "CELERY_BROKER_URL",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.setenv(name, "hidden")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    environment = clean_environment(3)
    assert "hidden" not in environment.values()
    assert environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert environment["OMP_NUM_THREADS"] == "3"


def test_the_training_process_is_offline_and_sends_no_telemetry() -> None:
    environment = clean_environment(1)
    assert environment["HF_HUB_OFFLINE"] == environment["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["TOKENIZERS_PARALLELISM"] == "false"


@pytest.mark.parametrize("line", [b"hello\n", b"[1]\n", b"{}\n", b'{"event": 3}\n', b"\xff\n", b""])
def test_a_line_that_is_no_event_ends_the_attempt(line: bytes) -> None:
    with pytest.raises(ProcessDied, match="no event"):
        _parse(line)


def test_an_event_is_read() -> None:
    assert _parse(b'{"event": "progress", "done": 1, "total": 2}\n') == {
        "event": "progress",
        "done": 1,
        "total": 2,
    }
