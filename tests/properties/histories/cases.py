"""Claims, disputes and proposed cuts in a history."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from byhand.accounts.models import User
from tests.properties.histories.work import Working
from tests.properties.histories.world import CRASH, MS, PARTS, WHO
from wages.models import Case, CaseOutcome, Entry
from wages.services.claims import make_claim
from wages.services.cuts import apply_cut, lapse_cuts, propose_cut
from wages.services.deciding import Verdict, decide, pay_unanswered_claims
from wages.services.disputes import Target, object_to_cut, open_dispute


class Disputing(Working):
    @rule(who=WHO, back=st.integers(1, 2000), minutes=st.integers(1, 90), crash=CRASH)
    def claim(self, who: int, back: int, minutes: int, crash: int | None) -> None:
        self.cases += 1
        ends = self.at - back * timedelta(minutes=1)
        self.do(
            lambda: make_claim(
                worker=self.workers[who],
                project_id=self.shop.project_id,
                starts=ends - minutes * timedelta(minutes=1),
                ends=ends,
                words="A call with the support.",
                key=f"claim-{self.acts}",
                at=self.at,
            ),
            crash,
        )

    @rule(who=WHO, newest=st.booleans(), crash=CRASH)
    def dispute(self, who: int, newest: bool, crash: int | None) -> None:
        entries = Entry.objects.filter(interval__worker=self.workers[who]).order_by("-id" if newest else "id")
        entry = entries.first()
        if entry is None:
            return
        self.cases += 1
        self.do(
            lambda: open_dispute(
                worker=self.workers[who],
                target=Target(entry=entry.pk),
                words="This is too little.",
                key=f"dispute-{self.acts}",
                at=self.at,
            ),
            crash,
        )

    @precondition(lambda self: self.cases)
    @rule(grant=PARTS, crash=CRASH)
    def decide(self, grant: int, crash: int | None) -> None:
        case = (
            Case.objects.filter(kind__in=["claim", "dispute"], decisions__isnull=True).order_by("id").first()
        )
        if case is None:
            return
        verdict = self._verdict(case, grant)
        self.do(lambda: decide(actor=self.decider, case_id=case.pk, verdict=verdict, at=self.at), crash)

    def _verdict(self, case: Case, grant: int) -> Verdict:
        if grant == 0:
            return Verdict(CaseOutcome.REFUSED, "Nothing shows it.")
        if case.kind == "dispute":
            return Verdict(CaseOutcome.UPHELD, "That is right.", granted_micro=grant * 1001)
        assert case.starts and case.ends
        if grant == 1000:
            return Verdict(CaseOutcome.GRANTED, "That is right.")
        ms = max(1, (case.ends - case.starts) // MS * grant // 1000)
        return Verdict(CaseOutcome.PARTLY, "That much is clear.", granted_ms=ms)

    @rule(who=WHO, crash=CRASH)
    def propose(self, who: int, crash: int | None) -> None:
        entry = Entry.objects.filter(interval__worker=self.workers[who], kind="work").order_by("-id").first()
        if entry is not None:
            self.cuts += 1
            act = lambda: propose_cut(  # noqa: E731
                actor=self.maker, entry_id=entry.pk, reason="Counted twice.", at=self.at
            )
            self.do(act, crash)

    @precondition(lambda self: self.cuts)
    @rule(crash=CRASH)
    def object(self, crash: int | None) -> None:
        cut = Case.objects.filter(kind="cut", decisions__isnull=True).order_by("id").first()
        if cut is not None:
            act = lambda: object_to_cut(  # noqa: E731
                worker=User.objects.get(pk=cut.worker_id), case_id=cut.pk, words="It was not.",
                key=f"object-{self.acts}", at=self.at,
            )  # fmt: skip
            self.do(act, crash)

    @precondition(lambda self: self.cuts)
    @rule(crash=CRASH)
    def apply(self, crash: int | None) -> None:
        cut = (
            Case.objects.filter(kind="cut", decisions__isnull=True).select_related("entry__interval").first()
        )
        if cut is None or cut.entry is None or cut.entry.interval is None:
            return
        done = self.do(
            lambda: apply_cut(actor=self.decider, case_id=cut.pk, reason="As proposed.", at=self.at), crash
        )
        if done is not None and done.outcome == CaseOutcome.APPLIED:
            kept = self.cut_micro.get(cut.worker_id, 0)
            self.cut_micro[cut.worker_id] = kept + cut.entry.interval.earned_micro

    @rule(crash=CRASH)
    def the_beat(self, crash: int | None) -> None:
        """What runs by itself every day."""
        self.do(lambda: pay_unanswered_claims(self.at), crash, whole=False)
        self.do(lambda: lapse_cuts(self.at), crash, whole=False)
