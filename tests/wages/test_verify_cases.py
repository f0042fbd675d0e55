"""verify_ledger judges cases by their rows: what no constraint would have let in is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_claims import claim, worked
from wages.models import Case, CaseOutcome, Entry, Interval
from wages.services import cases
from wages.services.cases import Target, Verdict
from wages.verification import verify


@pytest.fixture
def shop(own_database: str) -> Iterator[Shop]:
    """A granted claim, an upheld dispute and an applied cut."""
    made = make_shop()
    worked(made)
    granted = claim(made, after(hours=1), after(hours=2))
    cases.decide(
        actor=made.stewards[1],
        case_id=granted.pk,
        verdict=Verdict(CaseOutcome.GRANTED, "Yes."),
        at=after(days=1),
    )
    interval = Interval.objects.get(category="task")
    dispute = cases.open_dispute(
        worker=made.worker, target=Target(interval=interval.pk), words="More.", key="d", at=after(days=1)
    )
    cases.decide(
        actor=made.stewards[1],
        case_id=dispute.pk,
        verdict=Verdict(CaseOutcome.UPHELD, "Yes.", granted_micro=7),
        at=after(days=1),
    )
    third = make_user()
    third.memberships.create(organisation=made.organisation, role="steward", simulated=False)
    entry = Entry.objects.get(interval__category="claimed", kind="work")
    cut = cases.propose_cut(actor=third, entry_id=entry.pk, reason="Twice.", at=after(days=1))
    cases.apply_cut(actor=made.stewards[0], case_id=cut.pk, reason="So.", at=after(days=8))
    yield made


def broken(statement: str) -> list[str]:
    """Return the checks that fail once the owner has bent a row behind the triggers' backs."""
    with connections["owner"].cursor() as cursor:
        for table in ("case", "casedecision", "caseremedy", "casewords"):
            cursor.execute(f"ALTER TABLE wages_{table} DISABLE TRIGGER USER")
        cursor.execute(statement)
    return [finding.check for finding in verify() if finding.bad]


def test_sound_cases_prove(shop: Shop) -> None:
    assert [finding.bad for finding in verify() if finding.bad] == []
    assert Case.objects.count() == 3


BENT: dict[str, str] = {
    "UPDATE wages_casedecision SET granted_ms = granted_ms + 1 WHERE granted_ms > 0": "restored exactly",
    "UPDATE wages_casedecision SET granted_micro = 8 WHERE granted_micro = 7": "restored exactly",
    "DELETE FROM wages_caseremedy WHERE interval_id IS NOT NULL": "come from a decision",
    "UPDATE wages_case SET starts = starts + interval '1 minute' WHERE kind = 'claim'": "lies in the claimed",
    "UPDATE wages_casedecision SET decided_by_id = NULL WHERE outcome = 'granted'": "only after seven days",
    "UPDATE wages_casedecision SET at = at - interval '2 days' WHERE outcome = 'applied'": "waited seven days",
    "DELETE FROM wages_caseremedy WHERE entry_id IN (SELECT id FROM wages_entry WHERE kind = 'reversal')": "waited",
    "UPDATE wages_casedecision d SET decided_by_id = c.worker_id FROM wages_case c WHERE c.id = case_id": "own pay",
    "UPDATE wages_casedecision d SET decided_by_id = c.opened_by_id FROM wages_case c WHERE c.id = case_id"
    " AND outcome = 'applied'": "own pay",
    "UPDATE wages_casedecision SET decided_by_id = (SELECT created_by_id FROM wages_ratecard)"
    " WHERE outcome = 'upheld'": "a rate that they set",
    "UPDATE wages_casewords SET text = text || '.'": "hash",
}


@pytest.mark.parametrize("statement", BENT)
def test_a_bent_row_is_named(shop: Shop, statement: str) -> None:
    failing = broken(statement)
    assert [check for check in failing if BENT[statement] in check], failing
