"""Acts of the clock in a history: work, gaps, acts that arrive late, pauses, and the word about a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.properties.histories.world import CRASH, PARTS, WAITS, WHO, World
from wages.models import Interval, WorkerClock
from wages.services import clock
from wages.services.pieces import pay_piece
from wages.work import Category, WorkKind, WorkRef


class Working(World):
    @rule(who=WHO, wait=WAITS, fresh=st.booleans(), crash=CRASH)
    def show(self, who: int, wait: int, fresh: bool, crash: int | None) -> None:
        """Show an item, which closes what ran; the interval that comes back is acknowledged."""
        self.now += wait
        self.items += fresh
        self._start(who, crash)
        work = WorkRef(WorkKind.RANK, f"item-{self.items}-{who}")
        closed = self.do(lambda: self._move(who, Category.TASK, work, self.at), crash)
        self.acknowledge(closed)

    def _start(self, who: int, crash: int | None) -> None:
        """Begin a session where none runs: until the item is there the time is waiting."""
        worker, project, at = self.workers[who], self.shop.project_id, self.at
        if not WorkerClock.objects.filter(worker=worker).exclude(category="").exists():
            self.do(lambda: clock.start_work(worker=worker, project_id=project, tab="a", at=at), crash)
            self.now += 40

    @rule(who=WHO, wait=WAITS, crash=CRASH)
    def submit(self, who: int, wait: int, crash: int | None) -> None:
        self.now += wait
        self.acknowledge(self.do(lambda: self._move(who, Category.WAITING, None, self.at), crash))

    @rule(who=WHO, wait=WAITS, crash=CRASH)
    def submit_piece(self, who: int, wait: int, crash: int | None) -> None:
        """Submit as the ranking page does: the time and the piece in one transaction."""
        self.now += wait
        at = self.at

        @transaction.atomic
        def act() -> Interval | None:
            locked = clock.lock_clock(worker=self.workers[who], at=at)
            if locked.category is not Category.TASK or locked.work is None:
                return None
            work = locked.work
            closed = clock.move(locked, category=Category.WAITING, project_id=self.shop.project_id, work=None)
            pay_piece(locked, project_id=self.shop.project_id, work=work)
            return closed

        self.acknowledge(self.do(act, crash))

    @transaction.atomic
    def _move(self, who: int, category: Category, work: WorkRef | None, at: datetime) -> Interval | None:
        locked = clock.lock_clock(worker=self.workers[who], at=at)
        if locked.category is None:
            return None
        return clock.move(locked, category=category, project_id=self.shop.project_id, work=work)

    @rule(who=WHO, wait=WAITS, made=PARTS, crash=CRASH)
    def submit_late(self, who: int, wait: int, made: int, crash: int | None) -> None:
        """An answer that was made without a connection, some part of the wait after the last word of the server."""
        stamp = self.at
        self.now += wait
        elapsed = wait * made // 1000

        @transaction.atomic
        def act() -> Interval | None:
            locked = clock.lock_clock(worker=self.workers[who], at=self.at)
            if locked.category is None:
                return None
            return clock.move_measured(
                locked,
                elapsed_ms=elapsed,
                stamp=stamp,
                category=Category.WAITING,
                project_id=self.shop.project_id,
                work=None,
            )

        self.acknowledge(self.do(act, crash))

    @rule(who=WHO, wait=WAITS, what=st.sampled_from(["break", "end", "stop", "sweep"]), crash=CRASH)
    def pause(self, who: int, wait: int, what: str, crash: int | None) -> None:
        self.now += wait
        worker, at = self.workers[who], self.at
        acts: dict[str, Callable[[], object]] = {
            "break": lambda: clock.take_break(worker=worker, at=at),
            "end": lambda: clock.end_break(worker=worker, at=at),
            "stop": lambda: clock.stop(worker=worker, at=at),
            "sweep": lambda: clock.sweep(at=at),
        }
        self.do(acts[what], crash, whole=what != "sweep")

    @rule(who=WHO, part=PARTS, crash=CRASH)
    def answer(self, who: int, part: int, crash: int | None) -> None:
        """Say what the oldest gap without a word was."""
        worker = self.workers[who]
        gaps = Interval.objects.filter(worker=worker, category="unknown").exclude(answers__by_rule=False)
        gap = gaps.order_by("id").first()
        if gap is None:
            return
        paid_ms = gap.ms * part // 1000
        said = self.do(
            lambda: clock.answer_unknown(worker=worker, interval_id=gap.pk, paid_ms=paid_ms, at=self.at),
            crash,
        )
        self.acknowledge(said)
