"""What holds after each act of a history, and what the ledger proves at its end.

After each act nothing that was earned has gone, what was acknowledged stands, and every entry balances.
"""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise

from django.db import connection, transaction
from django.db.models import Sum
from hypothesis.stateful import invariant

from byhand.accounts.models import User
from byhand.money import accrued
from tests.properties.histories.paying import Paying
from tests.properties.histories.world import MINUTE
from tests.wages.paid import outcome, settlement
from wages.errors import NothingToClose, NothingToPay
from wages.models import (
    Accrual,
    Interval,
    LedgerAccount,
    PayoutBatch,
    PayoutLine,
    Period,
    Posting,
    SliceLeaf,
    Statement,
)
from wages.services import clock
from wages.services.ledger import balance
from wages.services.payouts import cancel_batch, make_batch
from wages.services.periods import close_period
from wages.services.settling import settle
from wages.verification import verify


class History(Paying):
    """One project, two workers, five stewards: some set rates, some make batches, approve or decide."""

    @invariant()
    def nothing_earned_is_lost(self) -> None:
        if not hasattr(self, "workers"):
            return
        for worker in self.workers:
            entries = Posting.objects.filter(account__worker=worker, account__kind="worker_earned").exclude(
                entry__kind="period"
            )
            earned = int(entries.aggregate(total=Sum("amount_micro"))["total"] or 0)
            earned += self.cut_micro.get(worker.pk, 0)
            assert earned >= self.ever_earned.get(worker.pk, 0)
            self.ever_earned[worker.pk] = earned

    @invariant()
    def what_was_acknowledged_stands(self) -> None:
        if not hasattr(self, "workers"):
            return
        rows = Interval.objects.filter(pk__in=self.acknowledged)
        found = {row.pk: (row.category, row.ms, row.earned_micro) for row in rows}
        assert found == self.acknowledged

    @invariant()
    def every_entry_balances(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def teardown(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        try:
            self.prove()
        finally:
            connection.set_rollback(False)
            transaction.savepoint_rollback(self.savepoint)

    def prove(self) -> None:
        for worker in self.workers:
            clock.stop(worker=worker, at=self.at)
            self._union(worker)
        self._run_out()
        found = [(finding.check, finding.bad) for finding in verify() if finding.bad]
        assert found == [], found
        self._periods()
        self._nobody_is_paid_twice()

    def _run_out(self) -> None:
        """Let the last weeks be closed, sent and proven: then all that was earned has been received, once."""
        self.now += 8 * 24 * 60 * MINUTE
        for _ in range(3):
            with suppress(NothingToClose):
                close_period(actor=self.maker, project_id=self.shop.project_id, at=self.at)
        for batch in PayoutBatch.objects.filter(approved_at__isnull=True, cancelled_at__isnull=True):
            cancel_batch(actor=self.maker, batch_id=batch.pk, at=self.at)
        self._prove_all()  # what fails here is sent once more
        with suppress(NothingToPay):
            key = f"last-{self.acts}"
            last = make_batch(actor=self.maker, project_id=self.shop.project_id, key=key, at=self.at)
            self._approve(last)
        self._prove_all()
        for account in LedgerAccount.objects.filter(project=self.shop.project, worker__isnull=False):
            left = balance(account)
            assert left >= 0 and (left == 0 or account.kind == "worker_received"), (account.kind, left)

    def _prove_all(self) -> None:
        """Say of every payment on its way that it has arrived."""
        lines = PayoutLine.objects.filter(batch__approved_at__isnull=False, settlement__isnull=True)
        rows = [outcome(line, settled_on=f"{self.at:%Y-%m-%d}") for line in lines]
        if rows:
            content = settlement(*rows)
            settle(actor=self.maker, project_id=self.shop.project_id, content=content, at=self.at)

    def _union(self, worker: User) -> None:
        """No millisecond is paid twice, and what is paid is the ceil of its total in each period."""
        rows = Interval.objects.filter(worker=worker, rate_card__isnull=False)
        spans = sorted((row.period.lower, row.period.upper) for row in rows)
        assert all(one[1] <= two[0] for one, two in pairwise(spans))
        for accrual in Accrual.objects.filter(worker=worker):
            ms = rows.filter(pay_period=accrual.period_id).aggregate(total=Sum("ms"))["total"]
            assert accrual.total_ms == ms
            assert accrual.earned_micro == accrued(ms, self.rate) + accrual.pieces_micro

    def _periods(self) -> None:
        """Statements, leaves, payable postings and the frozen sums of a closed period are one thing."""
        for period in Period.objects.filter(project=self.shop.project, closed_at__isnull=False):
            stated = (
                Statement.objects.filter(period=period).aggregate(total=Sum("payable_micro"))["total"] or 0
            )
            payable = Posting.objects.filter(
                entry__pay_period=period, entry__kind="period", account__kind="worker_payable"
            ).aggregate(total=Sum("amount_micro"))["total"] or 0  # fmt: skip
            assert stated == payable == frozen_micro(period)

    def _nobody_is_paid_twice(self) -> None:
        for account in LedgerAccount.objects.filter(project=self.shop.project, worker__isnull=False):
            total = int(account.postings.aggregate(total=Sum("amount_micro"))["total"] or 0)
            assert total >= 0 or account.kind in {"worker_earned", "worker_payable"}
        for line in PayoutLine.objects.filter(batch__approved_at__isnull=False):
            sent = Posting.objects.filter(entry__kind="payout", entry__key__contains=line.key)
            credited = sent.filter(amount_micro__gt=0).aggregate(total=Sum("amount_micro"))["total"]
            assert credited == line.amount_micro


def frozen_micro(period: Period) -> int:
    """Return what the leaves of a period say was earned in it."""
    bodies = SliceLeaf.objects.filter(period=period).values_list("body", flat=True)
    return sum(int(json.loads(body).get("earned_micro", "0")) for body in bodies)
