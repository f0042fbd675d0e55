"""The embedded database and broker as one thing: start both, revive what dies, stop what was started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings

from byhand.embedded import paths, postgres, reach, valkey


class Runnable(Protocol):
    """A data folder's server: what `postgres.Cluster` and `valkey.Broker` have in common here."""

    def pid(self) -> int | None: ...


@dataclass
class Services:
    """Started with `start`. What ran before is left running by `stop`."""

    _started: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Have both there and reachable. Raises CannotStart with one line."""
        self._ensure()
        reach.require_database()
        reach.require_broker()

    def _ensure(self) -> None:
        if postgres.ensure_running(tied=True):
            self._started.add("database")
        if valkey.ensure_running(tied=True):
            self._started.add("broker")

    def revive(self) -> None:
        """Start again what died. Cheap while both live: reads two small files."""
        database_gone = postgres.is_embedded() and postgres.default_cluster().pid() is None
        broker_gone = valkey.is_embedded() and valkey.default_broker().pid() is None
        if database_gone or broker_gone:
            self._ensure()

    def stop(self) -> None:
        if "broker" in self._started:
            valkey.stop()
        if "database" in self._started:
            postgres.stop()

    def table(self) -> list[tuple[str, str, str]]:
        """Return (name, where, note) of both."""
        database = settings.DATABASES["default"]
        at = f"{database['HOST'] or 'localhost'}/{database['NAME']}"
        broker = str(paths.broker_socket()) if valkey.is_embedded() else _without_password()
        return [
            ("database", at, self._note("database", postgres.is_embedded(), "DATABASE_URL")),
            ("broker", broker, self._note("broker", valkey.is_embedded(), "CELERY_BROKER_URL")),
        ]

    def _note(self, name: str, embedded: bool, variable: str) -> str:
        if not embedded:
            return f"yours ({variable})"
        return "embedded" if name in self._started else "embedded, ran before and stays"


def _without_password() -> str:
    return str(settings.CELERY_BROKER_URL).rpartition("@")[2]
