"""The supervisor starts dead programs again, and leaves nothing behind when it stops or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from byhand.embedded.paths import ROOT
from byhand.embedded.process import CannotStart, alive
from byhand.embedded.supervisor import Program, Supervisor
from tests.fixtures_processes import eventually

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "a").write(f"{child.pid}\\n")
time.sleep(600)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(say=said.append)
    yield made
    made.stop()


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Program]:
    def make(code: str) -> Program:
        command = [sys.executable, "-c", code, str(tmp_path / "grandchildren")]
        return Program("sleeper", "here", command, dict(os.environ), tmp_path / "log")

    return make


def _grandchildren(tmp_path: Path) -> list[int]:
    file = tmp_path / "grandchildren"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def test_a_program_that_dies_is_started_again(
    supervisor: Supervisor, said: list[str], program: Callable[[str], Program]
) -> None:
    supervisor.start(program("import time; time.sleep(600)"))
    supervisor.watch_in_background()
    ((_, first),) = supervisor.processes()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: supervisor.processes()[0][1] != first, "a new process")
    assert said[0].startswith("sleeper ended (killed by SIGKILL); again in 0.5 s")


def test_a_program_that_ends_at_once_is_an_error_with_its_last_words(
    supervisor: Supervisor, program: Callable[[str], Program]
) -> None:
    supervisor.start(program("raise SystemExit('no such model')"))
    eventually(lambda: not alive(supervisor.processes()[0][1]), "the end")
    with pytest.raises(CannotStart, match="sleeper did not start: no such model"):
        supervisor.wait_ready(5)


def test_stopping_ends_programs_and_what_they_started(
    supervisor: Supervisor, program: Callable[[str], Program], tmp_path: Path
) -> None:
    supervisor.start(program(PARENT))
    eventually(lambda: _grandchildren(tmp_path), "the grandchild")
    ((_, child),) = supervisor.processes()
    supervisor.stop()
    eventually(lambda: not any(map(alive, [child, *_grandchildren(tmp_path)])), "their end")
    assert supervisor.processes() == []


def test_programs_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from byhand.embedded.supervisor import Program, Supervisor
supervisor = Supervisor()
supervisor.start(Program("s", "", [sys.executable, "-c", "import time; time.sleep(600)"], dict(os.environ),
                         Path({str(tmp_path / "log")!r})))
print(supervisor.processes()[0][1], flush=True)
time.sleep(600)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "platform")}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert alive(child)
        process.kill()
    eventually(lambda: not alive(child), "the child's end")
