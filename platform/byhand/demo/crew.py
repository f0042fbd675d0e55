"""Lets the simulated annotators work at once, each in a browser session of their own.

Each thread signs in, reads and accepts the terms and guidelines, presses "Start work", then ranks until the
site has nothing more to offer, sending beats as a page does, and stops its clock. What they answer comes from
`people` and `hidden`; what they are paid comes from the site's clock alone.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from byhand.demo.cast import Account
from byhand.demo.client import Browser, SiteRefused
from byhand.demo.hidden import HiddenPreference
from byhand.demo.people import SimulatedAnnotator

BEAT_SECONDS = 15.0
EMPTY_TRIES = 3  # an item that another person holds may come free again
NO_MORE = {
    "nothing_to_do",
    "no_offer",
}  # the site says that there is none: a pilot, a target or a cap is reached


@dataclass
class Tally:
    """Counts what the site has acknowledged, over all threads."""

    counted: int = 0
    surplus: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: str) -> int:
        with self._lock:
            if status == "surplus":
                self.surplus += 1
            else:
                self.counted += 1
            return self.counted + self.surplus


@dataclass(frozen=True)
class Worker:
    account: Account
    person: SimulatedAnnotator


def work(
    site: str,
    project: uuid.UUID,
    workers: Sequence[Worker],
    *,
    hidden: HiddenPreference,
    seed: int,
    on_ballot: Callable[[int], None],
) -> Tally:
    """Run every worker to the end and return the tally. The first error of any of them stops all and is raised."""
    tally = Tally()
    with ThreadPoolExecutor(max_workers=len(workers), thread_name_prefix="annotator") as pool:
        futures = [
            pool.submit(_shift, site, project, worker, hidden, seed, tally, on_ballot) for worker in workers
        ]
        try:
            for future in futures:
                future.result()
        finally:
            tally.stopped.set()
    return tally


def _shift(
    site: str,
    project: uuid.UUID,
    worker: Worker,
    hidden: HiddenPreference,
    seed: int,
    tally: Tally,
    on_ballot: Callable[[int], None],
) -> None:
    rng = random.Random(f"{seed} {project} {worker.account.login}")
    with Browser(site) as browser:
        try:
            browser.sign_in(worker.account.email, worker.account.password)
            _Shift(browser, project, worker.person, hidden, rng, tally, on_ballot).run()
        except BaseException:
            tally.stopped.set()
            raise


@dataclass
class _Shift:
    """One person's work, from the terms to the end."""

    browser: Browser
    project: uuid.UUID
    person: SimulatedAnnotator
    hidden: HiddenPreference
    rng: random.Random
    tally: Tally
    on_ballot: Callable[[int], None]
    token: str = ""
    beats: int = 0
    last_beat: float = 0.0

    def run(self) -> None:
        empty = 0 if self._get_ready() else EMPTY_TRIES
        while not self.tally.stopped.is_set() and empty < EMPTY_TRIES:
            try:
                lease = self._post("next", {"tab": self.browser.tab})["lease"]
            except SiteRefused as refusal:
                if refusal.code not in NO_MORE:
                    raise
                break
            if lease is None:
                empty += 1
                time.sleep(0.3 * empty)
                continue
            empty = 0
            self._beat(f"rank:{lease['id']}")
            self._rank(lease)
        self.browser.post_form("/clock/stop/", {})

    def _get_ready(self) -> bool:
        """Read and accept what is new, on the clock as a person would; return whether there is work to do."""
        state = self.browser.get_json(f"/api/v1/work/{self.project}/")
        while state["step"] in ("terms", "guidelines"):
            self._post("begin", {"tab": self.browser.tab})
            state = self._post("accept", {"document": state["document"]["id"]})
        if state["step"] == "start":
            try:
                state = self._post("start", {"tab": self.browser.tab})
            except SiteRefused as refusal:
                if refusal.code not in NO_MORE:
                    raise
                return False
        self.token = state["clock_token"]
        return True

    def _rank(self, lease: dict[str, Any]) -> None:
        shown = lease["completions"]
        judged = self.person.judge([each["text"] for each in shown], self.hidden, self.rng)
        index = [each["index"] for each in shown]
        answer = self._post(
            "submit",
            {
                "lease": lease["id"],
                "groups": [[index[place] for place in group] for group in judged.groups],
                "unacceptable": [index[place] for place in judged.unacceptable],
                "key": uuid.uuid4().hex,
            },
        )
        self.on_ballot(self.tally.add(answer["status"]))

    def _beat(self, work: str) -> None:
        if time.monotonic() - self.last_beat < BEAT_SECONDS:
            return
        elapsed = 0 if not self.beats else int((time.monotonic() - self.last_beat) * 1000)
        self.beats, self.last_beat = self.beats + 1, time.monotonic()
        body = {"token": self.token, "tab": self.browser.tab, "seq": self.beats, "elapsed_ms": elapsed,
                "work": work, "focused": True}  # fmt: skip
        self.browser.post_json("/clock/beat/", body)

    def _post(self, act: str, body: dict[str, object]) -> dict[str, Any]:
        return self.browser.post_json(f"/api/v1/work/{self.project}/{act}", body)
