"""Fills a scratch database with a week of paid work: so many workers, so many intervals, with all that pay keeps.

Written in SQL with every check and trigger on, a few hundred workers a transaction, by rows that are right by
construction: `verify_ledger` proves what it wrote. Each item is worked on in two stretches; the rest is waiting, long
breaks and gaps that nobody has answered.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction

from byhand.accounts.models import Membership, Organisation, Role, User
from wages.models import PaidProject
from wages.services.opening import ensure_accounts, ensure_period
from wages.services.projects import fund_simulated, name_payer, register_project, set_rate_card

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOURLY_MICRO, FLOOR_MICRO = 18_500_000, 15_000_000
LARGEST_STRETCH_MS = 500_000
WORKERS_AT_ONCE = 250

_WORKERS = """
INSERT INTO accounts_user (public_id, email, password, name, is_active, is_staff, is_superuser, simulated, date_joined)
SELECT gen_random_uuid(), %(tag)s || n || '@example.org', '!', '', true, false, false, true, now()
FROM generate_series(1, %(workers)s) n RETURNING id
"""
_ACCOUNTS = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT 'worker_earned', %(project)s, worker, 'USD', true FROM unnest(%(workers)s::bigint[]) worker
"""
# stretch k lasts 100 to 500 s; every 20th is waiting, every 40th a long break, every 100th a gap
_INTERVALS = """
WITH stretch AS (
    SELECT worker, k, 100000 + (worker * 7919 + k::bigint * 104729) %% 400000 AS ms,
           CASE WHEN k %% 100 = 99 THEN 'unknown' WHEN k %% 40 = 25 THEN 'break' WHEN k %% 20 = 10 THEN 'waiting'
                ELSE 'task' END AS category
    FROM unnest(%(workers)s::bigint[]) worker, generate_series(0, %(each)s - 1) k
), placed AS (
    SELECT *, category IN ('task', 'waiting') AS paid,
           sum(ms) OVER (PARTITION BY worker ORDER BY k) - ms AS before_ms,
           coalesce(sum(ms) FILTER (WHERE category IN ('task', 'waiting'))
                    OVER (PARTITION BY worker ORDER BY k), 0) AS paid_ms
    FROM stretch
)
INSERT INTO wages_interval (worker_id, project_id, simulated, category, work_kind, work_id, period, ms, rule_version,
    rate_card_id, earned_micro, pay_period_id, tab, by_rule, created_at)
SELECT worker, %(project)s, true, category, CASE WHEN category IN ('task', 'unknown') THEN 'rank' ELSE '' END,
    CASE WHEN category IN ('task', 'unknown') THEN 'bench-' || worker || '-' || k / 2 ELSE '' END,
    tstzrange(moment.since, moment.since + ms * interval '1 ms'), ms, 'clock/2',
    CASE WHEN paid THEN %(card)s::bigint END,
    CASE WHEN paid THEN div(paid_ms * %(hourly)s + 3599999, 3600000)
                        - div((paid_ms - ms) * %(hourly)s + 3599999, 3600000) ELSE 0 END,
    %(period)s, 'bench', false, now()
FROM placed, LATERAL (SELECT %(monday)s + before_ms * interval '1 ms') AS moment (since)
ORDER BY worker, k
"""
_ENTRIES = """
INSERT INTO wages_entry (kind, key, project_id, simulated, interval_id, pay_period_id, reason, at)
SELECT 'work', 'interval:' || id, project_id, true, id, pay_period_id, '', upper(period)
FROM wages_interval WHERE pay_period_id = %(period)s AND worker_id = ANY(%(workers)s) AND earned_micro > 0 ORDER BY id
"""
_POSTINGS = """
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT entry.id, leg.account, leg.amount, 'USD', true
FROM wages_interval worked
JOIN wages_entry entry ON entry.interval_id = worked.id
JOIN wages_ledgeraccount earned ON earned.project_id = worked.project_id AND earned.worker_id = worked.worker_id
    AND earned.kind = 'worker_earned'
JOIN wages_ledgeraccount reservation ON reservation.project_id = worked.project_id
    AND reservation.kind = 'reservation',
LATERAL (VALUES (earned.id, worked.earned_micro), (reservation.id, -worked.earned_micro)) AS leg (account, amount)
WHERE worked.pay_period_id = %(period)s AND worked.worker_id = ANY(%(workers)s) ORDER BY entry.id
"""
_ACCRUALS = """
INSERT INTO wages_accrual (worker_id, period_id, project_id, rate_card_id, hourly_micro, total_ms, pieces_micro,
    earned_micro)
SELECT worker_id, pay_period_id, project_id, rate_card_id, %(hourly)s, sum(ms), 0, sum(earned_micro)
FROM wages_interval
WHERE pay_period_id = %(period)s AND worker_id = ANY(%(workers)s) AND rate_card_id IS NOT NULL GROUP BY 1, 2, 3, 4
"""
_HOURS = """
INSERT INTO wages_workedhour (worker_id, project_id, hour, worked_ms, item_ms, began, ended)
SELECT worker_id, project_id, hour, sum(part.ms), sum(CASE WHEN work_id <> '' THEN part.ms ELSE 0 END), min(since),
       max(till)
FROM wages_interval,
    generate_series(date_trunc('hour', lower(period), 'UTC'), upper(period), interval '1 hour') hour,
    LATERAL (SELECT greatest(lower(period), hour), least(upper(period), hour + interval '1 hour')) AS cut (since, till),
    LATERAL (SELECT (extract(epoch FROM till - since) * 1000)::bigint AS ms) AS part
WHERE pay_period_id = %(period)s AND worker_id = ANY(%(workers)s) AND rate_card_id IS NOT NULL AND since < till
GROUP BY 1, 2, 3
"""
_TABLES = (
    "accounts_user",
    "wages_interval",
    "wages_entry",
    "wages_posting",
    "wages_accrual",
    "wages_ledgeraccount",
)


@dataclass(frozen=True)
class PaidWeek:
    """A simulated project whose one week has ended and waits to be closed."""

    project: PaidProject
    steward: User
    workers: tuple[int, ...]
    intervals: int

    @property
    def closes_at(self) -> datetime:
        """After the week, however long it took to work so many stretches."""
        return MONDAY + timedelta(days=7) + self.intervals * timedelta(milliseconds=LARGEST_STRETCH_MS)


def fill(*, workers: int, each: int, floor_micro: int = FLOOR_MICRO, starts: datetime = MONDAY) -> PaidWeek:
    """Write the week of `workers` people with `each` intervals; a floor above the rate makes everybody a top-up."""
    tag = uuid.uuid4().hex[:12]
    project, steward, card = _project(tag, floor_micro, starts)
    ensure_period(project.pk, starts + timedelta(hours=1))
    values: dict[str, Any] = {
        "project": project.pk,
        "card": card,
        "hourly": HOURLY_MICRO,
        "each": each,
        "monday": starts,
        "period": project.periods.get().pk,
    }
    with connections["default"].cursor() as cursor:
        cursor.execute(_WORKERS, {"tag": tag, "workers": workers})
        people = [row[0] for row in cursor.fetchall()]
    for start in range(0, workers, WORKERS_AT_ONCE):
        batch = {**values, "workers": people[start : start + WORKERS_AT_ONCE]}
        with transaction.atomic(), connections["default"].cursor() as cursor:
            for statement in (_ACCOUNTS, _INTERVALS, _ENTRIES, _POSTINGS, _ACCRUALS, _HOURS):
                cursor.execute(statement, batch)
    with connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
    return PaidWeek(project, steward, tuple(people), workers * each)


def _project(tag: str, floor_micro: int, starts: datetime) -> tuple[PaidProject, User, int]:
    organisation = Organisation.objects.create(name="Bench", slug=tag, country="KE", simulated=True)
    steward = User.objects.create(email=f"{tag}@example.org", simulated=True)
    Membership.objects.create(user=steward, organisation=organisation, role=Role.STEWARD, simulated=True)
    project = register_project(
        actor=steward,
        project_id=uuid.uuid4(),
        organisation=organisation,
        title="Paid week",
        currency="USD",
        simulated=True,
        declared_floor_micro=min(floor_micro, HOURLY_MICRO),
    )
    name_payer(
        actor=steward, project_id=project.pk, legal_entity="Bench Ltd", country="KE", relation="contractor"
    )
    card = set_rate_card(
        actor=steward, project_id=project.pk, hourly_micro=HOURLY_MICRO, valid_from=starts - timedelta(days=7)
    )
    fund_simulated(project_id=project.pk, amount_micro=10**15, key="bench")
    ensure_accounts(project.pk)
    return project, steward, card.pk
