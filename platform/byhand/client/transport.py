"""Requests of the client: the token, trying again, pages, and refusals as exceptions."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import httpx

from byhand.client.errors import NotReached, error_of

PASSING = {429, 502, 503, 504}
LONGEST_WAIT = 60.0


class Transport:
    """Every request may be tried again: reads change nothing, and writes carry an id or ask for a state."""

    def __init__(
        self, site: str, *, token: str, timeout: float, tries: int, http: httpx.Client | None
    ) -> None:
        parts = urlsplit(site)
        if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1"}:
            raise ValueError("A token is sent over https only.")
        self._base = site.rstrip("/") + "/api/v1/"
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)
        self._tries = tries

    def close(self) -> None:
        self._http.close()

    def get(self, path: str) -> tuple[Any, str]:
        """Return the JSON of an address and its ETag."""
        answer = self._request("GET", self._base + path)
        return answer.json(), answer.headers.get("ETag", "")

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, match: str = "") -> Any:
        """Write. With `match`, only where the state is still the one of that ETag."""
        answer = self._request(
            method, self._base + path, json=body, headers={"If-Match": match} if match else {}
        )
        return answer.json() if answer.content else None

    def pages(self, path: str, filters: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the rows of a list, page after page, each page fetched when its first row is asked for."""
        query = {name: _written(value) for name, value in filters.items() if value is not None}
        address: str | None = self._base + path
        params: dict[str, str] | None = {"limit": "200", **query}
        while address:
            page = self._request("GET", address, params=params).json()
            yield from page["results"]
            address, params = self._own(page["next"]), None  # the link carries the filters

    def _own(self, link: str | None) -> str | None:
        """Return the next page's address on the site that we were given: the token goes nowhere else."""
        if link is None:
            return None
        parts = urlsplit(link)
        return f"{self._base.removesuffix('/api/v1/')}{parts.path}?{parts.query}"

    def _request(self, method: str, address: str, **options: Any) -> httpx.Response:
        options["headers"] = {**self._headers, **options.get("headers", {})}
        for tried in range(1, self._tries + 1):
            try:
                answer = self._http.request(method, address, **options)
            except httpx.TransportError as error:
                if tried == self._tries:
                    raise NotReached(f"{method} {address}: {type(error).__name__}") from error
                time.sleep(_wait(tried, ""))
                continue
            if answer.status_code in PASSING and tried < self._tries:
                time.sleep(_wait(tried, answer.headers.get("Retry-After", "")))
                continue
            if answer.is_success:
                return answer
            raise error_of(answer.status_code, _json(answer))
        raise NotReached(f"{method} {address}: never tried")


def _wait(tried: int, asked: str) -> float:
    """Return how many seconds to wait: what the site asks for, else half a second doubled, spread by chance."""
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    return min(0.5 * 2.0 ** (tried - 1), LONGEST_WAIT) * (0.5 + random.random())  # noqa: S311


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {}
