"""The world of a history and how an act is done in it: perhaps dying on the way, and then sent again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from byhand.accounts.models import Membership
from byhand.errors import DomainError
from tests.properties.histories.crashes import crashing
from tests.wages.factories import MONDAY, RATE, Shop, make_shop, make_user
from tests.wages.paid import bank
from wages.models import Interval
from wages.services.payout_accounts import set_payout_account
from wages.services.places import declare_place
from wages.services.rate_cards import set_rate_card

MS = timedelta(milliseconds=1)
MINUTE = 60_000
WAITS = st.sampled_from(
    [1, 40, 250, 30_000, 599_000, 600_000, 601_000, 1_199_999, 1_200_000, 1_200_001, 5_400_000, 30_000_000]
)
WHO = st.integers(0, 1)
CRASH = st.one_of(st.none(), st.integers(0, 14))
PARTS = st.sampled_from([0, 1, 250, 500, 999, 1000])  # thousandths of something
WORLDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    # currency, where the first worker works (the second never says), terms
    "hourly": ("USD", "DK", {"hourly_micro": RATE}),
    "no minor unit": ("JPY", "DK", {"hourly_micro": 1_500_000_001}),
    "piece": ("USD", "DK", {"hourly_micro": RATE, "basis": "piece", "piece_micro": 400_000}),
    "premiums": (
        "KWD", "DK",
        {
            "hourly_micro": 5_000_003, "night_permille": 250, "weekend_permille": 333, "overtime_permille": 500,
            "overtime_after_ms": 1_800_000, "bonus_micro": 777, "bonus_after_ms": 600_000,
        },
    ),
    "below the floor": ("EUR", "DE", {"hourly_micro": 10_000_000}),
}  # fmt: skip
FINGERPRINT = """
SELECT (SELECT count(*) FROM wages_interval), (SELECT count(*) FROM wages_entry),
       (SELECT coalesce(sum(abs(amount_micro)), 0) FROM wages_posting), (SELECT count(*) FROM wages_statement),
       (SELECT count(*) FROM wages_case), (SELECT count(*) FROM wages_casedecision),
       (SELECT count(*) FROM wages_payoutbatch WHERE approved_at IS NOT NULL), (SELECT count(*) FROM wages_sliceleaf),
       (SELECT coalesce(sum(total_ms), 0) FROM wages_accrual), (SELECT count(*) FROM audit_auditevent)
"""


def fingerprint() -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT)
        return tuple(cursor.fetchone())


class World(RuleBasedStateMachine):
    """One project, two workers, four stewards: one sets the rate, one makes batches, one approves, one decides."""

    shop: Shop

    @initialize(funded=st.sampled_from([0, 5_000_000, 10**12]), world=st.sampled_from(sorted(WORLDS)))
    def open(self, funded: int, world: str) -> None:
        self.savepoint = transaction.savepoint()
        self.currency, place, terms = WORLDS[world]
        self.shop = make_shop(funded_micro=funded, currency=self.currency, hourly_micro=None)
        set_rate_card(
            actor=self.shop.stewards[0],
            project_id=self.shop.project_id,
            valid_from=MONDAY - timedelta(days=30),
            **terms,
        )
        self.rate = terms["hourly_micro"]
        self.workers = [self.shop.worker, make_user()]
        organisation = self.shop.organisation
        self.maker, self.approver, self.decider = (make_user() for _ in range(3))
        for steward in (self.maker, self.approver, self.decider):
            Membership.objects.create(
                user=steward, organisation=organisation, role="steward", simulated=False
            )
        self.now, self.items, self.acts = 0, 0, 0
        self.cases, self.cuts, self.sent = 0, 0, 0  # how many there were to decide, to object to, to prove
        self.acknowledged: dict[int, tuple[str, int, int]] = {}
        self.ever_earned: dict[int, int] = {}
        self.cut_micro: dict[int, int] = {}
        for worker in self.workers:
            set_payout_account(worker=worker, details=bank(self.currency), at=MONDAY - timedelta(days=3))
        declare_place(
            worker=self.shop.worker, country=place, zone="Europe/Berlin", at=MONDAY - timedelta(days=3)
        )

    # How an act is done

    @property
    def at(self) -> datetime:
        return MONDAY + self.now * MS

    def do(self, act: Callable[[], Any], crash: int | None, *, whole: bool = True) -> Any:
        """Do an act that may die on the way. `whole`: it is one transaction, so that a death leaves nothing."""
        self.acts += 1
        before = fingerprint() if whole and crash is not None else None
        with suppress(DomainError):
            if before is None or crash is None:
                return crashing(act, crash)
            return self._all_or_nothing(act, crash, before)
        return None

    def _all_or_nothing(self, act: Callable[[], Any], crash: int, before: tuple[int, ...]) -> Any:
        died = False

        def first() -> Any:
            nonlocal died
            if died:
                assert fingerprint() == before
            died = True
            return act()

        return crashing(first, crash)

    def acknowledge(self, interval: Interval | None) -> None:
        """Remember what an act answered: it must stand for ever."""
        if interval is not None:
            self.acknowledged[interval.pk] = (interval.category, interval.ms, interval.earned_micro)
