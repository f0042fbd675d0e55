"""A lean HTTP session for timed requests: it takes over what a signed-in browser holds and keeps one connection.

The load comes from the machine that is measured, so what a client costs is missing on the server. Knows one site,
one session and JSON.
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from byhand.demo.client import Browser, SiteRefused


class Wire:
    """Sends JSON over one kept connection, as the person of `browser`."""

    def __init__(self, browser: Browser) -> None:
        parts = urlsplit(browser.site)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        cookies = browser.cookies()
        self._headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": next((value for name, value in cookies.items() if name.endswith("csrf")), ""),
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Referer": f"{browser.site}/",
        }

    def renew(self) -> None:
        """Let the next request open a connection: the server ends one that was quiet for a few seconds."""
        self._connection.close()

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._ask("POST", path, json.dumps(body)))
        return answer

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        self._connection.request(method, path, body=body, headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise SiteRefused(f"{method} {path}: {answer.status} {content[:400]!r}")
        return content
