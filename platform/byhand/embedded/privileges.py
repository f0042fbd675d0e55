"""How to start a server that refuses to run as root. Owns the choice of user; knows nothing of the server.

As an ordinary user nothing changes. As root the server runs as `nobody`; where `nobody` can't traverse the
checkout it gets the one capability that lets it; where that is refused too, a user namespace is tried.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from byhand.embedded.process import CannotStart


@dataclass(frozen=True)
class Launcher:
    """A command prefix, and the user whom files must be given to (None: this one)."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def command(self, *words: str | Path) -> list[str]:
        return [*self.prefix, *map(str, words)]

    def own(self, folder: Path) -> None:
        """Make a folder that only the server's user may enter."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.owner is not None:
            os.chown(folder, *self.owner)
        folder.chmod(0o700)


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def _candidates() -> list[Launcher]:
    uid, gid = _nobody()
    found: list[Launcher] = []
    if shutil.which("setpriv"):
        drop = ("setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups")
        traverse = ("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
        found += [Launcher(drop, (uid, gid)), Launcher((*drop, *traverse), (uid, gid))]
    if shutil.which("unshare"):
        found.append(Launcher(("unshare", "--user", "--map-user=1000", "--map-group=1000")))
    return found


def _works(launcher: Launcher, program: Path, folder: Path) -> bool:
    """Whether the launcher's user can run `program` and enter `folder`, which is given to it.

    `test -w` would not do: access(2) ignores the one capability that lets it through.
    """
    if launcher.owner is not None:
        os.chown(folder, *launcher.owner)
    elif folder.stat().st_uid != os.geteuid():
        return False  # files of another user would be unreadable inside the namespace
    for probe in ((program, "--version"), ("ls", folder)):
        done = subprocess.run(launcher.command(*probe), capture_output=True, cwd="/", check=False)
        if done.returncode != 0:
            return False
    return True


def launcher_for(program: Path, folder: Path) -> Launcher:
    """Return how to start `program`, which works in `folder`. Raises CannotStart when root has no way."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Launcher()
    for launcher in _candidates():
        if _works(launcher, program, folder):
            return launcher
    raise CannotStart(
        f"PostgreSQL refuses to run as root, and no other user can reach {folder} here: "
        "run as an ordinary user, or set DATABASE_URL and DATABASE_OWNER_URL to a server of your own."
    )
