"""The worker's word about a pay statement: right, or disputed. Append-only; the newest counts, silence says nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.audit.services import record
from byhand.errors import NotFound
from wages.models import Case, Statement, StatementAnswer
from wages.services.disputes import Target, open_dispute
from wages.services.locking import lock


@transaction.atomic
def confirm_statement(*, worker: User, statement_id: int, at: datetime | None = None) -> StatementAnswer:
    """Record that the worker finds the statement right. Closes no right; again: the same answer."""
    return _answer(worker, statement_id, StatementAnswer.CONFIRMED, at)


@transaction.atomic
def dispute_statement(
    *, worker: User, statement_id: int, words: str, key: str, at: datetime | None = None
) -> Case:
    """Open a dispute about the statement and record that the worker finds it wrong. The same key: the first."""
    case = open_dispute(worker=worker, target=Target(statement=statement_id), words=words, key=key, at=at)
    _answer(worker, statement_id, StatementAnswer.DISPUTED, at)
    return case


def _answer(worker: User, statement_id: int, answer: str, at: datetime | None) -> StatementAnswer:
    clock = lock(worker.pk, at)
    statement = Statement.objects.filter(pk=statement_id, worker=worker).first()
    if statement is None:
        raise NotFound(_("There is no such statement of yours."))
    newest = StatementAnswer.objects.filter(statement=statement).order_by("-id").first()
    if newest is not None and newest.answer == answer:
        return newest
    kept = StatementAnswer.objects.create(statement=statement, answer=answer, at=clock.at)
    record(
        actor_id=worker.pk,
        action="wages.answer_statement",
        subject=f"statement:{statement.pk}",
        answer=answer,
    )
    return kept
