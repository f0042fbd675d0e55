"""Pay by the piece, with time guaranteed: what a submitted piece is worth beyond what its time has earned.

Time under a card by the piece is paid by the hour as it happens, like all time. When the piece is submitted the
rest of its price is added, once: max(0, price - what the time on this piece has earned). Skipped, expired, surplus
and rejected work therefore never earns less than its time, and whatever was submitted earns the whole price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from byhand.statements import fetch_one
from wages.models import AccountKind, Entry, EntryKind, PaidProject, RateCard
from wages.reservation import LEFT_SQL
from wages.services.charging import charge, open_period, worker_account
from wages.services.locking import LockedClock
from wages.work import WorkRef

# the piece belongs to its last paid stretch, whose period is locked FOR SHARE as for time: see _OPEN_PERIOD
_PIECE = f"""
WITH worked AS MATERIALIZED (
    SELECT id, rate_card_id, earned_micro, pay_period_id FROM wages_interval
    WHERE worker_id = %(worker)s AND work_kind = %(work_kind)s AND work_id = %(work_id)s AND work_id <> ''
      AND project_id = %(project)s AND rate_card_id IS NOT NULL
), card AS (
    SELECT card.id AS card_id, card.hourly_micro, card.piece_micro, project.currency, project.simulated
    FROM wages_ratecard card JOIN wages_paidproject project ON project.id = card.project_id
    WHERE card.id = (SELECT rate_card_id FROM worked ORDER BY id LIMIT 1) AND card.basis = 'piece'
), last AS (
    SELECT id AS interval_id, pay_period_id AS last_period FROM worked ORDER BY id DESC LIMIT 1
), pay_period AS MATERIALIZED (
    SELECT id FROM wages_period WHERE id = (SELECT last_period FROM last) AND closing_at IS NULL FOR SHARE
), due AS (
    SELECT card.*, last.interval_id,
           (piece_micro - (SELECT coalesce(sum(earned_micro), 0) FROM worked))::bigint AS micro
    FROM card, last
), account AS (
    SELECT max(id) FILTER (WHERE kind = 'worker_earned') AS earned_account,
           max(id) FILTER (WHERE kind = 'reservation') AS reservation,
           max(id) FILTER (WHERE kind = 'funder_receivable') AS receivable
    FROM wages_ledgeraccount
    WHERE project_id = %(project)s
      AND (kind = 'worker_earned' AND worker_id = %(worker)s
           OR kind IN ('reservation', 'funder_receivable') AND worker_id IS NULL)
), pay AS MATERIALIZED (
    SELECT due.*, account.*, pay_period.id AS period_id, ({LEFT_SQL}) AS left_micro
    FROM due, account, pay_period WHERE due.micro > 0
), new_entry AS (
    INSERT INTO wages_entry (kind, key, project_id, simulated, interval_id, pay_period_id, reason, at)
    SELECT 'piece', %(key)s, %(project)s, simulated, interval_id, period_id, '', %(at)s FROM pay
    ON CONFLICT (key) DO NOTHING RETURNING id
), new_posting AS (
    INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
    SELECT new_entry.id, leg.account, leg.amount, currency, simulated
    FROM new_entry, pay, LATERAL (VALUES
        (earned_account, pay.micro),
        (CASE WHEN left_micro >= pay.micro THEN reservation ELSE receivable END, -pay.micro)) AS leg (account, amount)
), new_accrual AS (
    INSERT INTO wages_accrual AS kept (worker_id, period_id, project_id, rate_card_id, hourly_micro, total_ms,
        pieces_micro, earned_micro)
    SELECT %(worker)s, period_id, %(project)s, card_id, hourly_micro, 0, micro, micro FROM pay, new_entry
    ON CONFLICT (worker_id, period_id, rate_card_id) DO UPDATE
    SET pieces_micro = kept.pieces_micro + EXCLUDED.pieces_micro,
        earned_micro = kept.earned_micro + EXCLUDED.pieces_micro
)
SELECT (SELECT count(*) FROM worked), (SELECT micro FROM due), (SELECT id FROM pay_period)
"""  # noqa: S608


@dataclass(frozen=True)
class Piece:
    """One submitted piece of work of a project."""

    project_id: UUID
    work: WorkRef

    def key(self, worker_id: int) -> str:
        return f"piece:{worker_id}:{self.work}"


def may_be_paid(clock: LockedClock, work: WorkRef) -> bool:
    """Return whether submitting `work` may add pay; False where it runs by the hour. No query.

    To be asked before the clock moves on; a piece that the clock isn't on is looked up when it is paid.
    """
    return clock.work != work or clock.piece_micro is not None


def pay_piece(clock: LockedClock, *, project_id: UUID, work: WorkRef) -> None:
    """Add what the submitted piece is worth beyond its time, in the caller's transaction, under the clock's lock.

    The clock must have moved on from the work, so that its time is written. Once per worker and work, however
    often it is submitted. One round trip; more only for a piece without an open period of its own.
    """
    piece = Piece(project_id, work)
    values: dict[str, Any] = {
        "worker": clock.worker_id,
        "project": project_id,
        "work_kind": work.kind.value,
        "work_id": work.id,
        "key": piece.key(clock.worker_id),
        "at": clock.at,
    }
    row = fetch_one(_PIECE, values)
    stretches, due_micro, period = row if row else (0, None, None)
    if stretches == 0:
        _pay_unseen(clock, piece)
    elif due_micro is not None and due_micro > 0 and period is None:
        _pay_late(clock, piece, due_micro)


def _pay_unseen(clock: LockedClock, piece: Piece) -> None:
    """Pay a piece on which no time was spent that the clock saw, by the card in force now."""
    card = RateCard.objects.filter(
        project=piece.project_id, period__contains=clock.at, basis="piece", piece_micro__isnull=False
    ).first()
    if card is not None and card.piece_micro:
        _pay_late(clock, piece, card.piece_micro)


def _pay_late(clock: LockedClock, piece: Piece, micro: int) -> None:
    """Pay a piece whose time is in no open period: as a premium of the next one, since accruals follow time."""
    if Entry.objects.filter(key=piece.key(clock.worker_id)).exists():
        return
    project = PaidProject.objects.get(pk=piece.project_id)
    charge(
        project=project,
        kind=EntryKind.PREMIUM,
        amount_micro=micro,
        credit=worker_account(project.pk, clock.worker_id, AccountKind.WORKER_EARNED),
        key=piece.key(clock.worker_id),
        reason=f"piece {piece.work}, submitted when no period of its time was open",
        pay_period=open_period(project.pk, clock.at),
    )
