"""Random streams of acts and beats against a small independent account of what they must add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from byhand.money import accrued
from tests.wages.factories import MONDAY, RATE, Shop, make_shop
from tests.wages.test_clock import ONE, TWO, show
from wages.errors import ClockStopped
from wages.models import Accrual, Interval, Posting
from wages.services import clock
from wages.verification import verify

pytestmark = pytest.mark.django_db
LONGEST = 1_200_000  # 20 minutes
GAPS = st.sampled_from(
    [1, 250, 30_000, 599_000, 600_000, 601_000, 1_199_999, 1_200_000, 1_200_001, 1_201_000, 5_400_000]
)
ACTS = ("start", "one", "two", "wait", "break", "end", "stop")
STEPS = st.lists(
    st.tuples(GAPS, st.sampled_from([*ACTS, "beat", "beat", "replay", "sweep"])), min_size=1, max_size=14
)
SLOW = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class Account:
    """What the stream must come to, kept by other means: proofs of presence, and the gaps between them."""

    state: str = "stopped"  # stopped, waiting, task, break
    proofs: list[int] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=lambda: {"paid": 0, "unknown": 0, "unpaid break": 0})

    def close(self, now: int) -> None:
        times = [*self.proofs, now]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        if self.state == "break":
            self.totals["paid" if now - times[0] <= LONGEST else "unpaid break"] += now - times[0]
        elif self.state == "task":
            for gap in gaps:
                self.totals["paid" if gap <= LONGEST else "unknown"] += gap
        elif self.state == "waiting":
            for gap in gaps:
                if gap > LONGEST:
                    break
                self.totals["paid"] += gap

    def gone(self, now: int) -> bool:
        """Whether a wait has ended by silence before now."""
        times = [*self.proofs, now]
        return self.state == "waiting" and any(b - a > LONGEST for a, b in pairwise(times))

    def enter(self, state: str, now: int) -> None:
        self.close(now)
        self.state, self.proofs = state, [now]


def play(shop: Shop, steps: list[tuple[int, str]]) -> Account:
    token, account, now, seq, held = clock.clock_token(shop.worker, "s"), Account(), 0, 0, False
    sent: set[int] = set()
    for wait, act in steps:
        now += wait
        at = MONDAY + timedelta(milliseconds=now)
        silent = account.gone(now)
        broken = account.state == "task" and now - account.proofs[-1] > LONGEST
        if act in {"beat", "replay"}:
            seq += act == "beat"
            clock.beat(token=token, tab="a", seq=seq, elapsed_ms=now, at=at)
            if seq not in sent and account.state in {"task", "waiting"}:
                account.proofs.append(now)  # a replay of what has come before proves nothing
            sent.add(seq)
        elif act == "sweep":
            clock.sweep(at=at)
        else:
            held = do(shop, act, at, account, now, silent=silent, broken=broken, held=held)
        check_growth(shop)
    account.close(now + 1)
    clock.stop(worker=shop.worker, at=MONDAY + timedelta(milliseconds=now + 1))
    return account


def do(
    shop: Shop, act: str, at: datetime, account: Account, now: int, *, silent: bool, broken: bool, held: bool
) -> bool:
    """Do one act on the clock and in the account; returns whether an item is in hand."""
    if silent:
        account.close(now)
        account.state, account.proofs = "stopped", []
    if act in {"one", "two"}:
        show(shop, ONE if act == "one" else TWO, at)
        account.enter("task", now)
        return True
    if act == "wait":
        show(shop, None, at)
        account.enter("waiting", now)
        return False
    if act == "start":
        clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=at)
        if account.state in {"stopped", "break"} or broken:
            account.enter("waiting", now)
            return False
        account.proofs.append(now)
        return held
    if act == "break":
        try:
            clock.take_break(worker=shop.worker, at=at)
        except ClockStopped:
            assert account.state == "stopped"
            return False
        if account.state != "break":
            account.enter("break", now)
        return held
    if act == "end":
        clock.end_break(worker=shop.worker, at=at)
        if account.state == "break" or broken:
            account.enter("task" if held else "waiting", now)
        elif account.state != "stopped":
            account.proofs.append(now)
        return held
    clock.stop(worker=shop.worker, at=at)
    account.enter("stopped", now)
    account.proofs = []
    return False


seen_earned: dict[int, int] = {}


def check_growth(shop: Shop) -> None:
    earned = sum(
        Posting.objects.filter(account__worker=shop.worker, account__kind="worker_earned").values_list(
            "amount_micro", flat=True
        )
    )
    assert earned >= seen_earned.get(shop.worker.pk, 0)
    seen_earned[shop.worker.pk] = earned


@SLOW
@given(STEPS)
def test_any_stream_adds_up_to_wall_time_and_pays_the_ceil_of_its_total(steps: list[tuple[int, str]]) -> None:
    shop = make_shop()
    account = play(shop, steps)
    intervals = list(Interval.objects.filter(worker=shop.worker).order_by("period"))
    for earlier, later in pairwise(intervals):
        assert (
            earlier.period.upper <= later.period.lower
        )  # nothing is counted twice, unknown and breaks included
    found = {
        "paid": sum(row.ms for row in intervals if row.rate_card_id),
        "unknown": sum(row.ms for row in intervals if row.category == "unknown"),
        "unpaid break": sum(row.ms for row in intervals if row.category == "break" and not row.rate_card_id),
    }
    assert found == account.totals
    assert sum(row.earned_micro for row in intervals) == accrued(found["paid"], RATE)
    assert [finding.bad for finding in verify() if finding.bad] == []


@SLOW
@given(STEPS, st.integers(1, 3))
def test_beats_between_and_sweeps_change_no_result(steps: list[tuple[int, str]], parts: int) -> None:
    """A silence of up to 20 minutes, split by beats into ever smaller ones and swept at will, pays the same."""
    rare = [(min(wait, LONGEST), act) for wait, act in steps if act not in {"beat", "replay", "sweep"}]
    dense: list[tuple[int, str]] = []
    for wait, act in rare:
        dense += [(wait // (parts + 1), "beat"), (0, "sweep")] * parts
        dense += [(wait - wait // (parts + 1) * parts, act), (0, "sweep")]
    results = []
    for stream in (rare, dense):
        shop = make_shop()
        play(shop, stream)
        intervals = Interval.objects.filter(worker=shop.worker).order_by("id")
        results.append([(row.category, row.work_id, row.ms, row.earned_micro) for row in intervals])
    assert results[0] == results[1]


@SLOW
@given(STEPS)
def test_the_sweep_changes_no_result_whatever_the_silence(steps: list[tuple[int, str]]) -> None:
    """Swept after every step or never: the same milliseconds are paid, unknown and unpaid."""
    never = [step for step in steps if step[1] != "sweep"]
    results = []
    for stream in (never, [part for step in never for part in (step, (0, "sweep"))]):
        shop = make_shop()
        account = play(shop, stream)
        accruals = Accrual.objects.filter(worker=shop.worker).values_list("total_ms", "earned_micro")
        results.append((account.totals, list(accruals)))
    assert results[0] == results[1]
