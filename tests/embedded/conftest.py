"""Servers of a test's own, in short paths (a unix socket's path may have 107 bytes)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from byhand.embedded.postgres import Cluster


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that any user may enter."""
    made = Path(tempfile.mkdtemp(prefix="byhand-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    """An embedded server that does not exist yet."""
    made = Cluster(folder / "pg" / "data", folder / "run" / "pg", folder / "log" / "postgres.log")
    yield made
    made.stop()
