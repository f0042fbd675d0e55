"""Removes the rows of whole closed periods after the legal term, as its own database role, and logs count and root.

The one exception to the append-only triggers. What the removed entries had put into each account is carried by one
entry a worker, so that every balance and every proof of what remains holds. Nothing else may call this: the web and
the workers have no connection as that role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from byhand.accounts.models import User
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from wages.models import LegalHold, PaidProject, Period, RetiredPeriod
from wages.retiring.kept import kept_until
from wages.transparency import services as log
from wages.transparency.models import LogLeaf

ROLE = "retire"

# what lies outside the chosen periods and points into them: such a period stays, and all later ones of its project
_POINTED_AT = """
SELECT DISTINCT gap.pay_period_id FROM wages_interval gap JOIN wages_interval answer ON answer.resolves_id = gap.id
    WHERE gap.pay_period_id = ANY(%(ids)s) AND NOT answer.pay_period_id = ANY(%(ids)s)
UNION SELECT first.pay_period_id FROM wages_entry first JOIN wages_entry later ON later.reverses_id = first.id
    WHERE first.pay_period_id = ANY(%(ids)s) AND NOT coalesce(later.pay_period_id, 0) = ANY(%(ids)s)
UNION SELECT worked.pay_period_id FROM wages_interval worked JOIN wages_entry entry ON entry.interval_id = worked.id
    WHERE worked.pay_period_id = ANY(%(ids)s) AND NOT coalesce(entry.pay_period_id, 0) = ANY(%(ids)s)
UNION SELECT coalesce(worked.pay_period_id, entry.pay_period_id, statement.period_id) FROM wages_case opened
    LEFT JOIN wages_interval worked ON worked.id = opened.interval_id
    LEFT JOIN wages_entry entry ON entry.id = opened.entry_id
    LEFT JOIN wages_statement statement ON statement.id = opened.statement_id
    WHERE coalesce(worked.pay_period_id, entry.pay_period_id, statement.period_id) = ANY(%(ids)s)
UNION SELECT coalesce(worked.pay_period_id, entry.pay_period_id) FROM wages_caseremedy remedy
    LEFT JOIN wages_interval worked ON worked.id = remedy.interval_id
    LEFT JOIN wages_entry entry ON entry.id = remedy.entry_id
    WHERE coalesce(worked.pay_period_id, entry.pay_period_id) = ANY(%(ids)s)
"""
_COUNTS = """
SELECT period.id, (SELECT count(*) FROM wages_interval WHERE pay_period_id = period.id),
    (SELECT count(*) FROM wages_entry WHERE pay_period_id = period.id),
    (SELECT count(*) FROM wages_sliceleaf WHERE period_id = period.id)
FROM wages_period period WHERE period.id = ANY(%(ids)s) ORDER BY period.id
"""
_MARK = """
INSERT INTO wages_retiredperiod (period_id, before, intervals, entries, leaves, transaction_id, at)
SELECT id, %(before)s, intervals, entries, leaves, 0, %(at)s
FROM ({counts}) counted (id, intervals, entries, leaves)
"""
_CARRY = """
WITH sums AS (
    SELECT owner.worker_id, posting.account_id, posting.currency, posting.simulated, sum(posting.amount_micro) AS micro
    FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN LATERAL (SELECT max(account.worker_id) AS worker_id FROM wages_posting leg
        JOIN wages_ledgeraccount account ON account.id = leg.account_id WHERE leg.entry_id = entry.id) owner ON true
    WHERE entry.pay_period_id = ANY(%(ids)s) GROUP BY 1, 2, 3, 4 HAVING sum(posting.amount_micro) <> 0
), made AS (
    INSERT INTO wages_entry (kind, key, project_id, simulated, reason, at)
    SELECT DISTINCT 'retired', 'retired:' || %(first)s || ':' || coalesce(worker_id::text, 'project'),
        %(project)s::uuid, simulated, '', %(at)s::timestamptz FROM sums RETURNING id, key
)
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT made.id, sums.account_id, sums.micro, sums.currency, sums.simulated FROM sums
JOIN made ON made.key = 'retired:' || %(first)s || ':' || coalesce(sums.worker_id::text, 'project')
"""
_HOURS = """
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT DISTINCT worker_id, project_id, hour FROM wages_interval,
    generate_series(date_trunc('hour', lower(period), 'UTC'), upper(period), '1 hour') hour
WHERE pay_period_id = ANY(%(ids)s) AND rate_card_id IS NOT NULL
"""
_DELETE = (
    "DELETE FROM wages_posting WHERE entry_id IN (SELECT id FROM wages_entry WHERE pay_period_id = ANY(%(ids)s))",
    "DELETE FROM wages_entry WHERE pay_period_id = ANY(%(ids)s)",
    "DELETE FROM wages_statementanswer WHERE statement_id IN "
    "(SELECT id FROM wages_statement WHERE period_id = ANY(%(ids)s))",
    "DELETE FROM wages_statement WHERE period_id = ANY(%(ids)s)",
    "DELETE FROM wages_sliceleaf WHERE period_id = ANY(%(ids)s)",
    "DELETE FROM wages_leafname WHERE period_id = ANY(%(ids)s)",
    "DELETE FROM wages_accrual WHERE period_id = ANY(%(ids)s)",
    "DELETE FROM wages_interval WHERE pay_period_id = ANY(%(ids)s)",
    "DELETE FROM wages_workedhour WHERE (worker_id, project_id, hour) IN (SELECT * FROM touched)",
)
_HOURS_LEFT = """
INSERT INTO wages_workedhour (worker_id, project_id, hour, worked_ms, item_ms, began, ended)
SELECT worker_id, project_id, touched.hour, sum(part.ms), coalesce(sum(part.ms) FILTER (WHERE work_id <> ''), 0),
    min(since), max(till)
FROM touched JOIN wages_interval USING (worker_id, project_id),
    LATERAL (SELECT greatest(lower(period), touched.hour), least(upper(period), touched.hour + interval '1 hour'))
        AS cut (since, till),
    LATERAL (SELECT (extract(epoch FROM till - since) * 1000)::bigint AS ms) AS part
WHERE rate_card_id IS NOT NULL AND since < till GROUP BY 1, 2, 3
"""


@dataclass
class Plan:
    """What would go, by project and in order, and what stays with its reason."""

    before: date
    periods: dict[PaidProject, list[Period]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


def plan(*, before: date, at: datetime | None = None) -> Plan:
    """Return what a retirement up to `before` would remove. Raises Invalid where a legal term is not over."""
    today = (at or timezone.now()).date()
    ended = Period.objects.filter(closed_at__isnull=False, ends__date__lte=before, retired=None)
    rows = list(ended.select_related("project__organisation").order_by("project", "starts"))
    for period in rows:
        if (until := kept_until(period)) > today:
            raise Invalid(
                f"before: period {period.label} of {period.project.title} must be kept until {until.isoformat()}. "
                f"Nothing was removed; name an earlier date than {period.ends.date().isoformat()}."
            )
    made = Plan(before)
    for project in dict.fromkeys(period.project for period in rows):
        mine = [period for period in rows if period.project_id == project.pk]
        if hold := standing_hold(project):
            made.kept.append(f"{project.title}: {len(mine)} periods, legal hold {hold.reference}")
        elif free := _free(mine):
            made.periods[project] = free
        if not standing_hold(project) and len(free) < len(mine):
            made.kept.append(
                f"{project.title}: {mine[len(free)].label} and later: rows that stay point to it"
            )
    return made


def _free(periods: Sequence[Period]) -> list[Period]:
    """Return the first of the periods, up to the one that something outside points into."""
    chosen = list(periods)
    while chosen:
        with connections["default"].cursor() as cursor:
            cursor.execute(_POINTED_AT, {"ids": [period.pk for period in chosen]})
            pointed = {row[0] for row in cursor.fetchall()}
        stop = next((n for n, period in enumerate(chosen) if period.pk in pointed), None)
        if stop is None:
            break
        chosen = chosen[:stop]
    return chosen


def retire(*, before: date, at: datetime | None = None) -> Plan:
    """Remove what `plan` says, each project in one transaction, and log each period's count and root.

    Run again after a crash it logs what was removed and not logged. Raises Invalid where a term is not over or the
    role has no connection.
    """
    if ROLE not in settings.DATABASES:
        raise Invalid("Set DATABASE_RETIRE_URL: rows are removed as the role byhand_retire, and as no other.")
    made, now = plan(before=before, at=at), at or timezone.now()
    for project, periods in made.periods.items():
        _remove(project, [period.pk for period in periods], before, now)
    _log_what_is_not()
    return made


def _remove(project: PaidProject, ids: list[int], before: date, at: datetime) -> None:
    values: dict[str, Any] = {
        "ids": ids, "before": before, "at": at, "project": project.pk, "first": str(ids[0]),
    }  # fmt: skip
    with transaction.atomic(using=ROLE), connections[ROLE].cursor() as cursor:
        cursor.execute(_MARK.format(counts=_COUNTS), values)
        cursor.execute(_CARRY, values)
        cursor.execute(_HOURS, values)
        for statement in _DELETE:
            cursor.execute(statement, values)
        cursor.execute(_HOURS_LEFT, values)


def _log_what_is_not() -> None:
    logged = set(LogLeaf.objects.filter(kind="retire").values_list("entry", flat=True))
    told = b"".join(bytes(entry) for entry in logged)
    for row in RetiredPeriod.objects.select_related("period").order_by("period"):
        if row.period.root.encode() in told:
            continue
        with transaction.atomic():
            record(
                actor_id=None, action="wages.retire", subject=f"period:{row.period_id}", entries=row.entries
            )
            log.append(
                kind="retire",
                body={
                    "project": str(row.period.project_id), "label": row.period.label, "root": row.period.root,
                    "intervals": str(row.intervals), "entries": str(row.entries), "leaves": str(row.leaves),
                },
            )  # fmt: skip


def standing_hold(project: PaidProject) -> LegalHold | None:
    return LegalHold.objects.filter(Q(project=project) | Q(project=None), lifted_at=None).first()


def place_hold(
    *, project: PaidProject | None, reference: str, actor: User | None = None, at: datetime | None = None
) -> LegalHold:
    """Stop retirement of one project, or of all; `reference` is a file number."""
    kept = reference.strip()
    if not kept or len(kept) > 200 or not kept.isprintable():
        raise Invalid("reference: 1 to 200 printable characters, such as a file number.")
    with transaction.atomic():
        hold = LegalHold.objects.create(
            project=project, reference=kept, placed_by=actor, placed_at=at or timezone.now()
        )
        record(actor_id=actor.pk if actor else None, action="wages.place_hold", subject=f"hold:{hold.pk}")
    return hold


def lift_hold(*, hold_id: int, actor: User | None = None, at: datetime | None = None) -> LegalHold:
    """Let retirement go on; lifting again changes nothing."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().filter(pk=hold_id).first()
        if hold is None:
            raise NotFound("There is no such hold.")
        if hold.lifted_at is None:
            hold.lifted_at, hold.lifted_by = at or timezone.now(), actor
            hold.save(update_fields=["lifted_at", "lifted_by"])
            record(actor_id=actor.pk if actor else None, action="wages.lift_hold", subject=f"hold:{hold.pk}")
    return hold
