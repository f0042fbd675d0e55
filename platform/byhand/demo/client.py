"""A simulated annotator's browser: a real HTTP session with cookies, CSRF tokens, beats and idempotency keys.

Owns the conversation with the site and nothing else: it sees what a browser sees, and can't reach the
database, the hidden preference or another person's session.
"""

from __future__ import annotations

import time
import uuid
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

SIGN_IN_TRIES = 20


class SiteRefused(RuntimeError):
    """The site answered with an error; the message carries what it said, `code` its stable name."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Browser:
    """One person's session. Use as a context manager."""

    def __init__(self, site: str, *, timeout: float = 30.0) -> None:
        self.site = site.rstrip("/")
        host = urlsplit(self.site).netloc
        self._http = httpx.Client(
            base_url=self.site,
            timeout=timeout,
            follow_redirects=True,
            headers={"User-Agent": "Byhand simulated annotator", "Referer": f"{self.site}/", "Host": host},
        )
        self.tab = uuid.uuid4().hex[:12]
        self._beat = 0

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form that people use. Raises SiteRefused when the site does not let us in."""
        for _ in range(SIGN_IN_TRIES):
            self.get("/accounts/login/")
            form = {"login": email, "password": password, "csrfmiddlewaretoken": self._csrf()}
            answer = self._http.post("/accounts/login/", data=form)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            time.sleep(1)  # six people behind one address: do as the page says and try again in a moment
        if answer.status_code >= 400 or answer.url.path.startswith("/accounts/login"):
            raise SiteRefused(f"{email} could not sign in: {answer.status_code} at {answer.url.path}")

    def get(self, path: str) -> httpx.Response:
        return _fine(self._http.get(path))

    def get_json(self, path: str) -> dict[str, Any]:
        body: dict[str, Any] = _fine(self._http.get(path, headers={"Accept": "application/json"})).json()
        return body

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-CSRFToken": self._csrf(), "Accept": "application/json"}
        answer = _fine(self._http.post(path, json=body, headers=headers))
        return answer.json() if answer.content else {}

    def post_form(self, path: str, data: dict[str, Any]) -> httpx.Response:
        return _fine(self._http.post(path, data={**data, "csrfmiddlewaretoken": self._csrf()}))

    def cookies(self) -> dict[str, str]:
        """Return the cookies that the site has set."""
        return dict(self._http.cookies)

    def _csrf(self) -> str:
        return next((value for name, value in self._http.cookies.items() if name.endswith("csrf")), "")


def _fine(answer: httpx.Response) -> httpx.Response:
    if answer.status_code >= 400:
        where = f"{answer.request.method} {answer.request.url.path}"
        raise SiteRefused(f"{where}: {answer.status_code} {answer.text[:400]}", _code(answer))
    return answer


def _code(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("Content-Type", ""):
        return ""
    return str(answer.json().get("code", ""))
