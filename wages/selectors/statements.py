"""Pay statements as pages show them: the figures of the stored body, and the rows that it counts. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.errors import NotFound
from wages.models import Interval, Period, Posting, Statement, StatementAnswer

PAGE = 100
_NEWEST = StatementAnswer.objects.filter(statement=OuterRef("pk")).order_by("-id")


_ANSWERS = """
SELECT statement.period_id, count(*), sum(statement.payable_micro)::bigint,
       count(*) FILTER (WHERE newest.answer = 'confirmed'), count(*) FILTER (WHERE newest.answer = 'disputed')
FROM wages_statement statement JOIN wages_period period ON period.id = statement.period_id
LEFT JOIN LATERAL (SELECT answer FROM wages_statementanswer WHERE statement_id = statement.id
                   ORDER BY id DESC LIMIT 1) newest ON true
WHERE statement.project_id = %s GROUP BY statement.period_id, period.starts ORDER BY period.starts DESC
"""


@dataclass(frozen=True)
class Figures:
    """What a body says, with numbers as integers. Keys that a body lacks are empty, zero or None."""

    paid: list[tuple[str, int]]
    paid_ms: int
    unknown_ms: int
    break_ms: int
    earned: list[tuple[str, int]]
    total_micro: int
    cards: list[dict[str, Any]]
    costs: list[dict[str, Any]]
    late: list[dict[str, Any]]
    floor: dict[str, Any] | None
    log: dict[str, Any] | None
    payer: dict[str, str] | None

    @property
    def top_up_micro(self) -> int:
        return dict(self.earned).get("top_up", 0)


@dataclass(frozen=True)
class Rows:
    """One page of rows, newest first; `older` is the id to go on from, or None at the end."""

    rows: list[Any]
    older: int | None


def statements_of(worker: User) -> QuerySet[Statement]:
    """Return the worker's statements, newest first, each with the newest answer."""
    return _answered(Statement.objects.filter(worker=worker)).order_by("-id")


def statement_of(worker: User, statement_id: int) -> Statement:
    """Return one of the worker's own statements; to anyone else it does not exist."""
    found = statements_of(worker).filter(pk=statement_id).first()
    if found is None:
        raise NotFound(_("There is no such statement."))
    return found


def figures(statement: Statement) -> Figures:
    """Return the figures of the stored body."""
    body: dict[str, Any] = json.loads(statement.body)
    time = body.get("time") or {}
    paid = _numbers(time.get("paid_ms"))
    earned = _numbers(body.get("earned_micro"))
    return Figures(
        paid=list(paid.items()),
        paid_ms=_number(time.get("paid_total_ms"), sum(paid.values())),
        unknown_ms=_number(time.get("unknown_ms"), 0),
        break_ms=_number(time.get("break_ms"), 0),
        earned=list(earned.items()),
        total_micro=_number(body.get("total_micro"), statement.payable_micro),
        cards=[_whole(card) for card in body.get("rate_cards") or []],
        costs=[_whole(cost) for cost in body.get("costs") or []],
        late=[_whole(late) for late in body.get("late") or []],
        floor=_floor(body.get("floor")),
        log=body.get("log"),
        payer=body.get("payer"),
    )


def intervals_in(statement: Statement, before: int | None = None) -> Rows:
    """Return one page of the worker's stretches that the statement's period pays."""
    rows = Interval.objects.filter(pay_period=statement.period_id, worker=statement.worker_id)
    rows = rows.select_related("rate_card", "project").prefetch_related("answers").order_by("-id")
    page = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    return Rows(page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


def entries_in(statement: Statement, before: int | None = None) -> Rows:
    """Return one page of what was put to the worker's earnings in the period, or taken from it, by entry."""
    rows = Posting.objects.filter(
        entry__pay_period=statement.period_id,
        account__worker=statement.worker_id,
        account__kind="worker_earned",
        account__project=statement.project_id,
    )
    rows = rows.select_related("entry").order_by("-entry_id")
    page = list((rows.filter(entry_id__lt=before) if before else rows)[: PAGE + 1])
    return Rows(page[:PAGE], page[PAGE - 1].entry_id if len(page) > PAGE else None)


@dataclass(frozen=True)
class PeriodAnswers:
    """What the workers said of one period's statements; `silent` means that nobody answered, and nothing else."""

    period: Period
    statements: int
    payable_micro: int
    confirmed: int
    disputed: int

    @property
    def silent(self) -> int:
        return self.statements - self.confirmed - self.disputed


def answers_by_period(project_id: UUID) -> list[PeriodAnswers]:
    """Return, newest period first, how the statements were answered. Counted by the database."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [project_id])
        rows = cursor.fetchall()
    periods = Period.objects.in_bulk([row[0] for row in rows])
    return [PeriodAnswers(periods[row[0]], *row[1:]) for row in rows]


def statements_in(project_id: UUID, period_id: int, after: int | None = None) -> Rows:
    """Return one page of a period's statements by worker, each with the newest answer; `after` goes on."""
    rows = _answered(Statement.objects.filter(project=project_id, period=period_id)).select_related("worker")
    page = list((rows.filter(worker__gt=after) if after else rows).order_by("worker_id")[: PAGE + 1])
    return Rows(page[:PAGE], page[PAGE - 1].worker_id if len(page) > PAGE else None)


def _answered(rows: QuerySet[Statement]) -> QuerySet[Statement]:
    return rows.select_related("period", "project").annotate(
        answer=Subquery(_NEWEST.values("answer")[:1]), answered_at=Subquery(_NEWEST.values("at")[:1])
    )


def _floor(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not given:
        return None
    floor = _whole(given)
    floor["costs"] = [_whole(cost) for cost in given.get("costs", ())]
    floor["deciding"] = _whole(given["deciding"]) if given.get("deciding") else None
    return floor


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with what ends in _micro or _ms as integers."""
    return {
        name: int(value) if name.endswith(("_micro", "ms")) and isinstance(value, str) else value
        for name, value in row.items()
    }


def _numbers(given: Any) -> dict[str, int]:
    return {str(name): int(value) for name, value in given.items()} if isinstance(given, Mapping) else {}


def _number(given: Any, otherwise: int) -> int:
    return otherwise if given is None else int(given)
