"""One annotator's load, as a process of its own: `python -m byhand.bench.client`.

Reads and accepts the texts, starts the clock, then does what it is told: cycles of the JSON API, the page with
its form, or a trivial view. Sends beats as a page does. Knows the site by HTTP alone.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import httpx

from byhand.bench.serving import Answer, serve
from byhand.bench.wire import Wire
from byhand.demo.client import Browser

P = ParamSpec("P")
T = TypeVar("T")
BEAT_SECONDS = 15.0
TRIVIAL = "/api/v1/projects/"  # session, user and one query; an annotator's list of own projects is empty
_SUBMIT = re.compile(r'action="(/work/[^"]+/submit/[^"]+/)"')
_KEY = re.compile(r'name="key" value="([^"]+)"')
_RANK = re.compile(r'name="(rank_\d)"')


class Annotator:
    """One session, signed in and on the clock."""

    def __init__(self, site: str, project: str, email: str, password: str) -> None:
        self.browser = Browser(site)
        self.browser.sign_in(email, password)
        self.api, self.page = f"/api/v1/work/{project}/", f"/work/{project}/"
        self._beats, self._last_beat = 0, 0.0
        self._token = self._get_ready()
        self._wire = Wire(self.browser)

    def _get_ready(self) -> str:
        state = self.browser.get_json(self.api)
        while state["step"] in ("terms", "guidelines"):
            self._post("begin", {"tab": self.browser.tab})
            state = self._post("accept", {"document": state["document"]["id"]})
        if state["step"] == "start":
            state = self._post("start", {"tab": self.browser.tab})
        return str(state["clock_token"])

    def cycle(self, count: int) -> Answer:
        """Take an item and submit a ranking of it, `count` times."""
        took: Answer = {"next": [], "submit": []}
        self._wire.renew()
        for _ in range(count):
            lease = _timed(took["next"], self._send, "next", {"tab": self.browser.tab})["lease"]
            if lease is None:
                raise RuntimeError("nothing is left to rank")
            self._beat(lease["id"])
            order = [each["index"] for each in lease["completions"]]
            ranking = {"groups": [[index] for index in order[:-1]], "unacceptable": order[-1:]}
            body = {"lease": lease["id"], **ranking, "key": uuid.uuid4().hex}
            answer = _timed(took["submit"], self._send, "submit", body)
            if answer["status"] != "counted":
                raise RuntimeError(f"a ranking was {answer['status']}")
        return took

    def pages(self, count: int) -> Answer:
        """Load the page with an item in hand and send its form, `count` times."""
        took: Answer = {"page": [], "submit": [], "submit_to_page": []}
        self.take(1)
        for _ in range(count):
            html = _timed(took["page"], self.browser.get, self.page).text
            path = _found(_SUBMIT, html)
            self._beat(path.rstrip("/").rpartition("/")[2])
            ranks = {name: place for place, name in enumerate(_RANK.findall(html), start=1)}
            form = {**ranks, "key": _found(_KEY, html), "tab": self.browser.tab}
            answer = _timed(took["submit_to_page"], self.browser.post_form, path, form)
            took["submit"].append(_redirect_ms(answer))
        return took

    def take(self, count: int) -> Answer:
        """Have an item in hand; again changes nothing."""
        for _ in range(count):
            self.browser.post_form(f"{self.page}next/", {"tab": self.browser.tab})
        return {}

    def trivial(self, count: int) -> Answer:
        took: Answer = {"trivial": []}
        self._wire.renew()
        for _ in range(count):
            _timed(took["trivial"], self._wire.get, TRIVIAL)
        return took

    def _post(self, act: str, body: dict[str, object]) -> dict[str, Any]:
        return self.browser.post_json(f"{self.api}{act}", body)

    def _send(self, act: str, body: dict[str, object]) -> dict[str, Any]:
        return self._wire.post(f"{self.api}{act}", body)

    def _beat(self, lease: str) -> None:
        elapsed = time.monotonic() - self._last_beat
        if elapsed < BEAT_SECONDS:
            return
        first = not self._beats
        self._beats, self._last_beat = self._beats + 1, time.monotonic()
        body = {"token": self._token, "tab": self.browser.tab, "seq": self._beats, "work": f"rank:{lease}",
                "elapsed_ms": 0 if first else int(elapsed * 1000), "focused": True}  # fmt: skip
        self._wire.post("/clock/beat/", body)


def _timed(took: list[float], act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    began = time.perf_counter()
    result = act(*args, **kwargs)
    took.append((time.perf_counter() - began) * 1000)
    return result


def _found(pattern: re.Pattern[str], html: str) -> str:
    match = pattern.search(html)
    if match is None:
        raise RuntimeError(f"the page has no {pattern.pattern}: no item is in hand")
    return match[1]


def _redirect_ms(answer: httpx.Response) -> float:
    if len(answer.history) != 1:
        raise RuntimeError(f"the form was answered with {answer.status_code}, not with one redirect")
    return answer.history[0].elapsed.total_seconds() * 1000


def ready(order: dict[str, Any]) -> Mapping[str, Callable[[int], Answer]]:
    annotator = Annotator(**order)
    return {
        "cycle": annotator.cycle,
        "pages": annotator.pages,
        "take": annotator.take,
        "trivial": annotator.trivial,
    }


if __name__ == "__main__":
    serve(ready)
