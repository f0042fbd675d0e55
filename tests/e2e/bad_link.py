"""A link as people have it: slow, narrow and losing requests. A small proxy between the browser and the live site.

Each connection carries one request. A lost one ends before it reaches the site, or, as often, after the site has done
what was asked and before its answer comes back. Styles and scripts are slow and never lost: a browser keeps them.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 2048
WHOLE = "/static/"


@dataclass
class Link:
    """`loss` is the share of requests lost. `bodies` keeps what the browser sent, by path, lost or not."""

    site: str
    loss: float = 0.2
    delay: float = 0.15
    bytes_per_second: int = 31_000
    seed: int = 7
    bodies: dict[str, list[bytes]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=lambda: {"before": 0, "after": 0})
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def fate(self, path: str) -> str:
        if path.startswith(WHOLE) or self._chance.random() >= self.loss:
            return "through"
        fate = self._chance.choice(["before", "after"])
        self.lost[fate] += 1
        return fate

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    async def carry(self, browser: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head, body = await _request(browser)
            path = head.split(b" ", 2)[1].decode()
            self.bodies.setdefault(path, []).append(body)
            fate = self.fate(path)
            await asyncio.sleep(self.delay + len(body) / self.bytes_per_second)
            if fate != "before":
                answer = await self._ask_site(head, body)
                if fate == "through":
                    await self._give_back(back, answer)
        back.close()

    async def _ask_site(self, head: bytes, body: bytes) -> bytes:
        site = urlsplit(self.site)
        reader, writer = await asyncio.open_connection(site.hostname, site.port)
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        writer.write(b"\r\n".join([*lines[:1], b"Connection: close", *lines[1:]]) + body)
        await writer.drain()
        answer = await reader.read(-1)
        writer.close()
        return answer

    async def _give_back(self, back: asyncio.StreamWriter, answer: bytes) -> None:
        await asyncio.sleep(self.delay)
        for start in range(0, len(answer), CHUNK):
            back.write(answer[start : start + CHUNK])
            await back.drain()
            await asyncio.sleep(CHUNK / self.bytes_per_second)


async def _request(browser: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await browser.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head, await browser.readexactly(length)


@contextmanager
def through(link: Link) -> Iterator[Link]:
    """Serve the link from a thread of its own while the block runs."""
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve() -> asyncio.Server:
        server = await asyncio.start_server(link.carry, "127.0.0.1", 0)
        link.port = server.sockets[0].getsockname()[1]
        ready.set()
        return server

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(timeout=10)
    yield link
    asyncio.run_coroutine_threadsafe(_end(), loop).result(timeout=10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)


async def _end() -> None:
    running = asyncio.all_tasks() - {asyncio.current_task()}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
