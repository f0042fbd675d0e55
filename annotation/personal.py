"""What annotation holds of a person, and what of it can be erased. See `byhand.rights.registry`.

Rankings stay under the project's pseudonym, so that a dataset can still be checked; every free text goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from annotation.models import (
    Acceptance,
    Adjudication,
    AdjudicationReason,
    Ballot,
    BallotNote,
    Completion,
    Document,
    Draft,
    Lease,
    Participation,
    QualificationAnswer,
    QualificationResult,
    RemovalStep,
    RemovalWords,
    Review,
    Reviewer,
    Skip,
    WarningAcceptance,
    Withdrawal,
)
from byhand.accounts.models import User
from byhand.rights.registry import File, Stay, erases, exports, keeps, left_out, own_columns, table
from byhand.rights.rows import batched, json_lines

FEW = 100  # ballots with all their texts

table("work/projects.jsonl", Participation, "user",
      ("project_id", "project__title", "pseudonym", "simulated", "joined_at"))  # fmt: skip
table("work/accepted.jsonl", Acceptance, "user",
      ("document_id", "document__kind", "document__version", "document__sha256", "accepted_at"))  # fmt: skip
table("work/warnings.jsonl", WarningAcceptance, "user")
left_out(
    "who proposed or decided something about you is shown on its page; here others are others",
    "annotation.Removal.proposed_by", "annotation.RemovalStep.actor",
)  # fmt: skip
table("work/leases.jsonl", Lease, "worker", order="taken_at")
table("work/withdrawals.jsonl", Withdrawal, "worker")
table("work/skips.jsonl", Skip, "worker", own_columns(Skip, "key"))
table("work/drafts.jsonl", Draft, "lease__worker")
table("work/qualification_answers.jsonl", QualificationAnswer, "worker")
table("work/qualification_results.jsonl", QualificationResult, "worker")
table("work/reviewer.jsonl", Reviewer, "user", ("project_id", "named_at", "ended_at"))
table("work/reviews.jsonl", Review, "reviewer", own_columns(Review, "shown_ballots"))
table("work/decisions.jsonl", Adjudication, "reviewer",
      ("id", "item_id", "decision", "answer", "created_at", "reason__text"))  # fmt: skip
left_out(
    "what you did for an organisation as its engineer or steward is the organisation's; that you did it is in "
    "account/acts.jsonl",
    "annotation.Project.created_by", "annotation.Document.created_by", "annotation.Source.created_by",
    "annotation.SourceEvidence.created_by", "annotation.Upload.created_by", "annotation.PromptImport.created_by",
    "annotation.GoldAnswer.created_by", "annotation.Export.requested_by", "annotation.ExportDownload.user",
    "annotation.Reviewer.named_by", "annotation.ReviewRequest.requested_by", "annotation.StateChange.actor",
    "annotation.SettingChange.actor",
)  # fmt: skip
left_out(
    "says which of your rankings stands; work/ballots.jsonl says it too", "annotation.CurrentBallot.worker"
)


@exports("annotation.Ballot.worker")
def ballots(user: User) -> Iterator[File]:
    """Every ranking with its prompt, its answers, its note, and what a reviewer decided about it, with the reason."""
    yield File("work/ballots.jsonl", json_lines(_ballots(user)))
    kinds = Document.objects.filter(acceptances__user=user).order_by("pk").values_list("pk", "text")
    for pk, text in kinds.iterator(chunk_size=50):
        yield File(f"work/documents/{pk}.txt", [text.encode()])


@exports("annotation.Removal.worker")
def removals(user: User) -> Iterator[File]:
    """Every proposal to remove or pause the person, with reason, evidence, appeal and answer."""
    columns = ("removal_id", "removal__project_id", "removal__kind", "removal__abuse", "removal__effective_at", "kind",
               "at", "words_sha256", "written__text", "written__evidence")  # fmt: skip
    steps = RemovalStep.objects.filter(removal__worker=user).order_by("pk").values(*columns)
    yield File("work/decisions_about_you.jsonl", json_lines(steps))


def _ballots(user: User) -> Iterator[Mapping[str, Any]]:
    rows = (
        Ballot.objects.filter(worker=user)
        .select_related("item__prompt", "lease")
        .order_by("created_at", "pk")
    )
    for batch in batched(rows.iterator(chunk_size=FEW), FEW):
        notes = dict(BallotNote.objects.filter(ballot__in=batch).values_list("ballot_id", "text"))
        decided = _decided(batch)
        texts = _texts(batch)
        for ballot in batch:
            columns = own_columns(Ballot, "key")
            yield {name: getattr(ballot, name) for name in columns} | {
                "project_id": ballot.lease.project_id,
                "prompt": ballot.item.prompt.text,
                "completions": texts.get((ballot.item.generation_id, ballot.item.prompt_id), []),
                "note": notes.get(ballot.pk, ""),
                "decided_by_a_reviewer": decided.get(ballot.item_id, []),
            }


def _texts(batch: Iterable[Ballot]) -> dict[tuple[Any, Any], list[str]]:
    found: dict[tuple[Any, Any], list[str]] = {}
    rows = Completion.objects.filter(
        generation__in={ballot.item.generation_id for ballot in batch},
        prompt__in={ballot.item.prompt_id for ballot in batch},
    ).order_by("index")
    for generation, prompt, text in rows.values_list("generation_id", "prompt_id", "text"):
        found.setdefault((generation, prompt), []).append(text)
    return found


def _decided(batch: Iterable[Ballot]) -> dict[int, list[dict[str, Any]]]:
    """Return by item what was decided with the reason: about the person's own rankings, without who decided."""
    own = {str(ballot.pk) for ballot in batch}
    found: dict[int, list[dict[str, Any]]] = {}
    rows = Adjudication.objects.filter(item__in={ballot.item_id for ballot in batch}).select_related("reason")
    for row in rows.order_by("created_at"):
        if own & set(row.ballots):
            reason = getattr(row, "reason", None)
            found.setdefault(row.item_id, []).append(
                {
                    "decision": row.decision,
                    "yours_stands": row.ballot_id is not None and str(row.ballot_id) in own,
                    "answer": row.answer,
                    "reason": reason.text if reason else "",
                    "decided_at": row.created_at,
                }
            )
    return found


@erases(order=20)
def erase(user: User, at: datetime) -> Mapping[str, int]:
    """Take away every free text: notes, drafts, reasons of reviews."""
    return {
        "notes": BallotNote.objects.filter(ballot__worker=user).delete()[0],
        "removal_words": RemovalWords.objects.filter(step__removal__worker=user).delete()[0],
        "drafts": Draft.objects.filter(lease__worker=user).delete()[0],
        "reasons": AdjudicationReason.objects.filter(adjudication__reviewer=user).delete()[0],
    }


@keeps
def what_stays(user: User) -> Iterator[Stay]:
    if Ballot.objects.filter(worker=user).exists():
        yield Stay(
            _("Your rankings, without any note, under a pseudonym that nothing leads back from"),
            _(
                "They are what was paid for and what datasets were made from. You can withdraw them before you go."
            ),
            None,
        )
