"""Reads about qualifications: must this person still qualify, what comes next, what was expected of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from annotation.gold import judge
from annotation.models import (
    Ballot,
    Completion,
    Item,
    ItemRole,
    Lease,
    LeaseState,
    Project,
    QualificationAnswer,
    QualificationResult,
)
from annotation.qualification import Outcome, Phase, phase, tries_left
from annotation.ranking import Answer
from annotation.selectors.gold import active_items
from byhand.accounts.models import User

ENDED = (LeaseState.SUBMITTED, LeaseState.SKIPPED)


@dataclass(frozen=True)
class QualificationState:
    """Where a person stands. `number` of `items` is the item that comes now; `feedback` a lease to look back on."""

    phase: Phase
    attempt: int
    tries_left: int
    number: int
    items: int
    last: Outcome | None
    feedback: uuid.UUID | None

    @property
    def asks(self) -> bool:
        """Return whether ordinary work is not offered yet."""
        return self.phase not in {Phase.NOT_ASKED, Phase.PASSED}


@dataclass(frozen=True)
class Expected:
    """One known fact, said by the places of the person's own page: answer `upper` above answer `lower`."""

    upper: int
    lower: int
    met: bool


@dataclass(frozen=True)
class ShownAgain:
    """A completion with what the person said of it."""

    place: int
    text: str
    said: str


@dataclass(frozen=True)
class Feedback:
    """What was expected of an item and why, beside what the person answered. The only look at a gold answer."""

    lease_id: uuid.UUID
    prompt: str
    completions: tuple[ShownAgain, ...]
    orders: tuple[Expected, ...]
    unacceptable: tuple[tuple[int, bool], ...]
    explanation: str
    right: int
    known: int
    skipped: bool


def must_qualify(worker: User, project: Project) -> bool:
    """Return whether the worker may not be given ordinary items yet. One query, and none without a qualification."""
    if project.qualification_pass_percent is None:
        return False
    return not QualificationResult.objects.filter(project=project, worker=worker, passed=True).exists()


def qualification_state(worker: User, project: Project) -> QualificationState:
    results = [
        Outcome(row.right, row.known, row.required_percent)
        for row in QualificationResult.objects.filter(project=project, worker=worker).order_by("attempt")
    ]
    attempt = len(results) + 1
    seen = QualificationAnswer.objects.filter(project=project, worker=worker, attempt=attempt)
    answered = seen.values("item").distinct().count()
    waiting = waiting_feedback(worker, project)
    now = phase(
        required_percent=project.qualification_pass_percent,
        retries=project.qualification_retries,
        results=results,
        answered=answered,
        waiting_feedback=waiting is not None,
    )
    return QualificationState(
        phase=now,
        attempt=attempt,
        tries_left=tries_left(project.qualification_retries, results),
        number=answered + 1,
        items=active_items(project, ItemRole.QUALIFICATION).count(),
        last=results[-1] if results else None,
        feedback=waiting,
    )


def waiting_feedback(worker: User, project: Project) -> uuid.UUID | None:
    """Return the oldest answered qualification lease whose feedback was not looked at, or None."""
    return (
        Lease.objects.filter(
            project=project,
            worker=worker,
            item__role=ItemRole.QUALIFICATION,
            state__in=ENDED,
            qualification_answer__isnull=True,
        )
        .order_by("ended_at")
        .values_list("pk", flat=True)
        .first()
    )


def next_item(worker: User, project: Project) -> Item | None:
    """Return the first qualification item that the running attempt has no answer to; None also after the last try."""
    attempt = QualificationResult.objects.filter(project=project, worker=worker).count() + 1
    if attempt > project.qualification_retries + 1:
        return None
    done = QualificationAnswer.objects.filter(project=project, worker=worker, attempt=attempt).values("item")
    return active_items(project, ItemRole.QUALIFICATION).exclude(pk__in=done).first()


def verdict_of(lease: Lease) -> tuple[int, int, Answer | None]:
    """Return (facts met, facts known, the answer); a skipped item met none, and its answer is None."""
    gold = lease.item.gold
    known = len(gold.better) + len(gold.unacceptable)
    ballot = Ballot.objects.filter(lease=lease).order_by("created_at").last()
    if ballot is None:
        return 0, known, None
    answer = answer_of(ballot)
    return judge(answer, gold.better, gold.unacceptable).right, known, answer


def answer_of(ballot: Ballot) -> Answer:
    """Return the order that a ballot states; what else it says does not matter for what is known."""
    return Answer(
        groups=tuple(tuple(group) for group in ballot.groups),
        unacceptable=tuple(ballot.unacceptable),
        unranked=tuple(ballot.unranked),
    )


def feedback_of(lease_id: uuid.UUID) -> Feedback:
    """Return what was expected, in the places in which this person saw the completions."""
    lease = Lease.objects.select_related("item__prompt", "item__gold").get(pk=lease_id)
    right, known, answer = verdict_of(lease)
    gold, place = lease.item.gold, {index: at for at, index in enumerate(lease.shown_order, start=1)}
    verdict = judge(answer, gold.better, gold.unacceptable) if answer else None
    missed = set(verdict.missed_pairs) if verdict else None
    kept = set(verdict.missed_unacceptable) if verdict else None
    texts = dict(
        Completion.objects.filter(
            generation=lease.item.generation_id, prompt=lease.item.prompt_id
        ).values_list("index", "text")
    )
    return Feedback(
        lease_id=lease.pk,
        prompt=lease.item.prompt.text,
        completions=tuple(ShownAgain(at, texts[index], _said(answer, index)) for index, at in place.items()),
        orders=tuple(
            Expected(place[upper], place[lower], missed is not None and (upper, lower) not in missed)
            for upper, lower in (tuple(pair) for pair in gold.better)
        ),
        unacceptable=tuple(
            (place[index], kept is not None and index not in kept) for index in gold.unacceptable
        ),
        explanation=gold.explanation,
        right=right,
        known=known,
        skipped=answer is None,
    )


def _said(answer: Answer | None, index: int) -> str:
    """Return the rank as digits, "unacceptable", "unranked", or "" for a skipped item."""
    if answer is None:
        return ""
    if index in answer.unacceptable:
        return "unacceptable"
    for rank, group in enumerate(answer.groups, start=1):
        if index in group:
            return str(rank)
    return "unranked"
