"""One connection per process that listens to PostgreSQL's NOTIFY and wakes whoever follows a job."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from psycopg import sql

from byhand.jobs.transitions import CHANNEL

log = logging.getLogger(__name__)
_RECONNECT_SECONDS = 1.0


class Listener:
    """The process's one listening connection, and who waits for which job."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def follow(self, job_id: UUID) -> asyncio.Event:
        bell = asyncio.Event()
        self._waiting.setdefault(str(job_id), set()).add(bell)
        return bell

    def leave(self, job_id: UUID, bell: asyncio.Event) -> None:
        followers = self._waiting.get(str(job_id), set())
        followers.discard(bell)
        if not followers:
            self._waiting.pop(str(job_id), None)

    def _wake(self, job_id: str) -> None:
        for bell in self._waiting.get(job_id, ()):
            bell.set()

    async def listen(self) -> None:
        """Listen for ever; after a lost connection wake everybody, since notifications were missed."""
        while True:
            try:
                await self._listen_once()
            except psycopg.Error as error:
                log.warning("event listener lost its connection: %s", type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            **_parameters(), autocommit=True, connect_timeout=5
        )
        async with connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            for job_id in list(self._waiting):
                self._wake(job_id)
            async for notification in connection.notifies():
                self._wake(notification.payload)


def _parameters() -> dict[str, Any]:
    """Return psycopg's parameters of the app role's database."""
    database = settings.DATABASES["default"]
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    given = {name: database[key] for name, key in named.items() if database[key]}
    return {**{k: v for k, v in database["OPTIONS"].items() if k != "pool"}, **given}
