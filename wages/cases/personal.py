"""A person's claims, disputes and proposed cuts in their bundle; what goes with them are words, never outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from byhand.accounts.models import User
from byhand.rights.registry import File, erases, exports, left_out, own_columns
from byhand.rights.rows import json_lines
from wages.models import Case, CaseDecision, CaseEvent, CaseRemedy, CaseWords

left_out(
    "who opened, answered or decided a case is shown on its page; here others are others",
    "wages.Case.opened_by", "wages.CaseEvent.actor", "wages.CaseDecision.decided_by",
)  # fmt: skip


@exports("wages.Case.worker")
def cases(user: User) -> Iterator[File]:
    """Each case about the person's pay with its steps, words, decisions and what they moved."""
    yield File("wages/cases.jsonl", json_lines(_cases(user)))


def _cases(user: User) -> Iterator[Mapping[str, Any]]:
    for case in Case.objects.filter(worker=user).order_by("pk").iterator(chunk_size=200):
        row = {name: getattr(case, name) for name in own_columns(Case, "key")}
        yield row | {"steps": list(_steps(case, user)), "decisions": list(_decisions(case))}


def _steps(case: Case, user: User) -> Iterator[Mapping[str, Any]]:
    for event in CaseEvent.objects.filter(case=case).select_related("written").order_by("pk"):
        written = getattr(event, "written", None)
        yield {
            "step": event.kind, "by_you": event.actor_id == user.pk, "at": event.at,
            "words_sha256": event.words_sha256, "words": written.text if written else "",
            "salt": bytes(written.salt) if written else b"",
        }  # fmt: skip


def _decisions(case: Case) -> Iterator[Mapping[str, Any]]:
    columns = own_columns(CaseDecision)
    for decision in CaseDecision.objects.filter(case=case).order_by("pk"):
        remedies = (
            CaseRemedy.objects.filter(decision=decision).order_by("pk").values("interval_id", "entry_id")
        )
        yield {name: getattr(decision, name) for name in columns} | {"remedies": list(remedies)}


@erases(order=15)
def erase_words(user: User, at: datetime) -> Mapping[str, int]:
    """Delete what was written in cases about the person, by both sides: it speaks of them."""
    return {"case_words": CaseWords.objects.filter(event__case__worker=user).delete()[0]}
