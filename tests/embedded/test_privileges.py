"""As root the server runs as somebody else, whatever the checkout's folders allow; as a user it just runs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from byhand.embedded import privileges
from byhand.embedded.postgres import Cluster
from byhand.embedded.process import CannotStart

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@as_root
def test_the_server_of_root_runs_as_nobody(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.pid()
    assert Path(f"/proc/{pid}").stat().st_uid != 0


@as_root
def test_a_checkout_that_nobody_can_enter_works_too(cluster: Cluster, folder: Path) -> None:
    folder.chmod(0o700)
    assert cluster.start() is True
    assert Path(f"/proc/{cluster.pid()}").stat().st_uid != 0


@as_root
def test_without_any_way_out_of_root_one_line_says_what_to_do(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "_candidates", list)
    with pytest.raises(CannotStart, match="run as an ordinary user, or set DATABASE_URL"):
        cluster.start()
    assert not cluster.data.exists()


def test_an_ordinary_user_starts_it_directly(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert privileges.launcher_for(cluster.data / "postgres", cluster.data.parent) == privileges.Launcher()


@as_root
def test_data_of_another_user_is_refused_and_untouched(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    os.chown(cluster.data, 0, 0)
    with pytest.raises(CannotStart, match="belongs to another user"):
        replace(cluster).start()
    assert cluster.data.stat().st_uid == 0
