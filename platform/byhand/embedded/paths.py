"""Where the embedded services keep their files. Pure: makes nothing, starts nothing, touches no network."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(os.environ.get("BYHAND_VAR", ROOT / "var")).resolve()

# A unix socket's path must stay under 108 bytes; PostgreSQL adds "/.s.PGSQL.5432.lock" to its folder.
_LONGEST_RUN_DIR = 80


def run_dir() -> Path:
    """Return the folder of the sockets: `var/run`, or a short one under /tmp where the checkout lies deep."""
    wanted = VAR / "run"
    if len(os.fsencode(wanted)) <= _LONGEST_RUN_DIR:
        return wanted
    digest = hashlib.sha256(os.fsencode(VAR)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"byhand-{os.geteuid()}-{digest}"


def postgres_data() -> Path:
    return VAR / "pg" / "data"


def postgres_socket_dir() -> Path:
    return run_dir() / "pg"


def broker_socket() -> Path:
    return run_dir() / "broker.sock"


OWNER_ROLE, APP_ROLE, DATABASE = "byhand_owner", "byhand_app", "byhand"
RETIRE_ROLE = "byhand_retire"


def database_url(role: str, database: str = DATABASE) -> str:
    """Return the URL at which the embedded PostgreSQL answers `role`."""
    return f"postgresql:///{database}?host={postgres_socket_dir()}&user={role}"


def broker_url() -> str:
    return f"redis+socket://{broker_socket()}"
