"""Bonuses, the week's end, and the money's way to the worker in a history."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.histories.cases import Disputing
from tests.properties.histories.world import CRASH, MINUTE, WHO
from tests.wages.paid import outcome, settlement
from wages.models import PayoutBatch, PayoutLine
from wages.services.bonuses import grant_bonus
from wages.services.payouts import approve_batch, make_batch
from wages.services.periods import close_period
from wages.services.receipts import record_receipt, refund_fee
from wages.services.settling import settle


class Paying(Disputing):
    @rule(who=WHO, micro=st.sampled_from([1, 999_999, 5_000_000]), times=st.integers(1, 3), crash=CRASH)
    def bonus(self, who: int, micro: int, times: int, crash: int | None) -> None:
        key = f"bonus-{self.acts}"
        for _ in range(times):
            self.do(
                lambda: grant_bonus(
                    actor=self.maker, project_id=self.shop.project_id, worker=self.workers[who], amount_micro=micro,
                    reason="Thank you.", key=key, at=self.at,
                ),
                crash,
            )  # fmt: skip

    @rule(days=st.integers(1, 8), crash=CRASH, times=st.integers(1, 3))
    def close(self, days: int, crash: int | None, times: int) -> None:
        self.now += days * 24 * 60 * MINUTE
        for _ in range(times):
            act = lambda: close_period(actor=self.maker, project_id=self.shop.project_id, at=self.at)  # noqa: E731
            self.do(act, crash * 3 if crash else None, whole=False)

    @rule(crash=CRASH, times=st.integers(1, 3))
    def pay(self, crash: int | None, times: int) -> None:
        key = f"batch-{self.acts}"
        for _ in range(times):
            self.do(
                lambda: make_batch(actor=self.maker, project_id=self.shop.project_id, key=key, at=self.at),
                crash,
            )
        for batch in PayoutBatch.objects.filter(approved_at__isnull=True, cancelled_at__isnull=True):
            for _ in range(times):
                self.do(partial(self._approve, batch), crash)

    def _approve(self, batch: PayoutBatch) -> PayoutBatch:
        self.sent += 1
        seen = batch.content_sha256
        return approve_batch(actor=self.approver, batch_id=batch.pk, seen_sha256=seen, at=self.at)

    @precondition(lambda self: self.sent)
    @rule(status=st.sampled_from(["settled", "failed"]), fee=st.sampled_from(["0", "1"]), crash=CRASH)
    def evidence(self, status: str, fee: str, crash: int | None) -> None:
        line = PayoutLine.objects.filter(batch__approved_at__isnull=False, settlement__isnull=True).first()
        if line is not None:
            why = "account closed" if status == "failed" else ""
            row = outcome(line, status=status, fee=fee, settled_on=f"{self.at:%Y-%m-%d}", reason=why)
            self._settle(settlement(row), crash)

    def _settle(self, content: bytes, crash: int | None) -> None:
        for _ in range(2):
            self.do(
                lambda: settle(
                    actor=self.maker, project_id=self.shop.project_id, content=content, at=self.at
                ),
                crash,
            )

    @precondition(lambda self: self.sent)
    @rule(fee=st.sampled_from([0, 250_000]), crash=CRASH)
    def receipt(self, fee: int, crash: int | None) -> None:
        line = PayoutLine.objects.filter(batch__approved_at__isnull=False).order_by("-pk").first()
        if line is None:
            return
        said = self.do(
            lambda: record_receipt(
                worker=line.worker, line_id=line.pk, received_micro=line.amount_micro - fee, fee_micro=fee,
                received_on=self.at.date(), at=self.at,
            ),
            crash,
        )  # fmt: skip
        if said is not None and fee:
            self.do(lambda: refund_fee(actor=self.decider, receipt_id=said.pk, at=self.at), crash)
