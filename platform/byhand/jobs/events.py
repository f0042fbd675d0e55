"""The event stream: server-sent events of jobs, as a small ASGI application of its own.

The listener wakes whoever follows a job; what is sent is always read from the rows, so a notification that is
lost delays a line and never drops it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

from byhand.errors import DomainError
from byhand.jobs import selectors
from byhand.jobs.errors import NoSuchJob
from byhand.jobs.listener import Listener

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Result = TypeVar("Result")

_PATH = re.compile(r"^/events/jobs/([0-9a-f-]{36})/$")
_QUIET_SECONDS = 15.0  # a comment this often keeps proxies from closing a quiet stream


async def _in_thread(function: Callable[..., Result], *args: Any) -> Result:
    """Call code that uses the ORM, with a connection that is known to be alive."""

    def call() -> Result:
        close_old_connections()
        return function(*args)

    return await sync_to_async(call, thread_sensitive=False)()


def _authorise(session_key: str, job_id: UUID) -> None:
    """Raise DomainError unless the session's user may follow the job."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        raise NoSuchJob("Sign in first.")
    selectors.job_for(user, job_id)


class EventStream:
    """ASGI: GET /events/jobs/<uuid>/?after=<event id>, with the session cookie, for our own pages alone."""

    def __init__(self) -> None:
        self.listener = Listener()
        self._listening: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._listening = asyncio.create_task(self.listener.listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        match = _PATH.match(scope["path"])
        if scope["path"] == "/events/health" and scope["method"] == "GET":
            await _answer(send, 200, "ok\n")
        elif match is None:
            await _answer(send, 404, "not found\n")
        elif scope["method"] != "GET":
            await _answer(send, 405, "only GET\n")
        elif headers.get("origin", settings.SITE_URL) != settings.SITE_URL:
            await _answer(send, 403, "another site's page\n")
        else:
            await self._open(scope, headers, match[1], receive, send)

    async def _open(
        self, scope: Message, headers: dict[str, str], job: str, receive: Receive, send: Send
    ) -> None:
        try:
            job_id = UUID(job)
            await _in_thread(_authorise, _session_key(headers), job_id)
        except (ValueError, DomainError):
            await _answer(send, 404, "no such job, or not yours\n")
            return
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", ["0"])[0]
        after = _event_id(headers.get("last-event-id", asked))
        follower = asyncio.create_task(self._follow(job_id, after, send))
        gone = asyncio.create_task(_disconnected(receive))
        await asyncio.wait({follower, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in (follower, gone):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self, job_id: UUID, after: int, send: Send) -> None:
        await _start(send, 200, b"text/event-stream")
        bell = self.listener.follow(job_id)
        try:
            shown: dict[str, Any] = {}
            while True:
                bell.clear()
                feed = await _in_thread(selectors.feed, job_id, after)
                lines = [_line(event["id"], None, event) for event in feed["events"]]
                if feed["job"] != shown:
                    lines.append(_line(None, "job", feed["job"]))
                    shown = feed["job"]
                after = feed["events"][-1]["id"] if feed["events"] else after
                await _write(send, "".join(lines) or ": still here\n\n")
                if feed["ended"]:
                    await _write(send, _line(None, "end", {}), more=False)
                    return
                if len(feed["events"]) < selectors.PAGE:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(bell.wait(), _QUIET_SECONDS)
        except DatabaseError as error:
            log.warning("the stream of job %s ends early: %s", job_id, type(error).__name__)
            await _write(send, "", more=False)  # the browser connects again by itself
        finally:
            self.listener.leave(job_id, bell)


def _session_key(headers: dict[str, str]) -> str:
    cookies: SimpleCookie = SimpleCookie()
    with suppress(CookieError):
        cookies.load(headers.get("cookie", ""))
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


def _event_id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _line(event_id: int | None, name: str | None, data: dict[str, Any]) -> str:
    head = (f"id: {event_id}\n" if event_id else "") + (f"event: {name}\n" if name else "")
    return f"{head}data: {json.dumps(data, separators=(',', ':'))}\n\n"


async def _start(send: Send, status: int, content_type: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        (b"access-control-allow-origin", settings.SITE_URL.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin, Cookie"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _write(send: Send, text: str, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": more})


async def _answer(send: Send, status: int, text: str) -> None:
    await _start(send, status, b"text/plain; charset=utf-8")
    await _write(send, text, more=False)
