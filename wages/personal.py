"""What wages holds of a person, and what of it can be erased. See `byhand.rights.registry`.

Time and money stay when a person is erased: the law wants the ledger kept. What goes is telemetry, and what joins
two weeks of the frozen slices into one person.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.money import format_money
from byhand.rights.registry import (
    CHUNK,
    File,
    Stay,
    erases,
    exports,
    keeps,
    left_out,
    own_columns,
    table,
    warns,
)
from byhand.rights.rows import as_json, batched, json_lines
from wages.cases import personal as cases  # noqa: F401 - registers what it has
from wages.closing.own_slice import OwnSlice, own_slice
from wages.models import (
    Accrual,
    Beat,
    Entry,
    GapQuestion,
    Intermediary,
    Interval,
    LeafName,
    LedgerAccount,
    PaidProject,
    Payer,
    PayoutAccount,
    PayoutIdentity,
    PayoutLine,
    PayoutReceipt,
    PayTerms,
    Period,
    PoolMember,
    PoolVersion,
    Posting,
    RateCard,
    Release,
    Settlement,
    SettlementEvidence,
    Statement,
    StatementAnswer,
    WorkedHour,
    WorkerClock,
    WorkPlace,
)
from wages.selectors.earnings import csv_rows
from wages.selectors.retention import projects_until, unpaid_of
from wages.services import clock
from wages.services.payout_accounts import erase_payout_identities
from wages.transparency import merkle
from wages.transparency import selectors as log
from wages.transparency.tlog_proof import write_proof

table("wages/intervals.jsonl", Interval, "worker")
table("wages/accruals.jsonl", Accrual, "worker")
table("wages/worked_hours.jsonl", WorkedHour, "worker")
table("wages/beats.jsonl", Beat, "worker", order="at")
table("wages/clock.jsonl", WorkerClock, "worker")
table("wages/places.jsonl", WorkPlace, "worker")
table("wages/pools.jsonl", PoolMember, "worker")
table("wages/accounts.jsonl", LedgerAccount, "worker")
table("wages/statements.jsonl", Statement, "worker", own_columns(Statement, "body"))
table("wages/answers.jsonl", StatementAnswer, "statement__worker")
table("wages/pools.jsonl", PoolMember, "worker", ("project_id", "pool__name", "created_at"))
table("wages/releases.jsonl", Release, "worker")
table("wages/gap_questions.jsonl", GapQuestion, "worker")
table("wages/payout_accounts.jsonl", PayoutAccount, "worker")
table("wages/payout_identities.jsonl", PayoutIdentity, "account__worker")
table("wages/payout_lines.jsonl", PayoutLine, "worker")
table("wages/settlements.jsonl", Settlement, "line__worker")
table("wages/receipts.jsonl", PayoutReceipt, "line__worker")
left_out(
    "what you did for an organisation as its steward or engineer is the organisation's; that you did it is in "
    "account/acts.jsonl",
    "wages.Payer.created_by", "wages.Pool.created_by", "wages.PoolVersion.created_by", "wages.PoolMember.created_by",
    "wages.Intermediary.created_by", "wages.RateCard.created_by", "wages.Deposit.created_by",
    "wages.Deposit.approved_by",
    "wages.Period.closed_by", "wages.PeriodClose.started_by", "wages.PayTerms.created_by", "wages.PayoutBatch.made_by",
    "wages.PayoutBatch.approved_by", "wages.PayoutBatch.cancelled_by", "wages.SettlementFile.uploaded_by",
    "wages.UnmatchedSettlement.uploaded_by", "wages.LegalHold.placed_by", "wages.LegalHold.lifted_by",
    "wages.Refund.created_by", "wages.Refund.approved_by",
    "wages.GapQuestion.asked_by", "wages.Entry.actor", "reports.PublishedReport.published_by",
)  # fmt: skip


@exports("wages.LeafName.worker")
def around(user: User) -> Iterator[File]:
    """The projects, payers, rates and periods that the person's time and money belong to."""
    projects = PaidProject.objects.filter(Q(accounts__worker=user) | Q(intervals__worker=user)).distinct()
    named = projects.values(
        "id", "title", "currency", "simulated", "organisation__name", "declared_floor_micro"
    )
    yield File("wages/projects.jsonl", json_lines(named.order_by("id")))
    ids = projects.values("id")
    for name, rows in (
        ("payers", Payer.objects.filter(project__in=ids)),
        ("pool_payers", PoolVersion.objects.filter(pool__project__in=ids)),
        ("intermediaries", Intermediary.objects.filter(pool__project__in=ids)),
        ("rate_cards", RateCard.objects.filter(project__in=ids)),
        ("terms", PayTerms.objects.filter(project__in=ids)),
    ):
        yield File(f"wages/{name}.jsonl", json_lines(rows.order_by("id").values(*own_columns(rows.model))))
    periods = _periods(user).values("id", "project_id", "label", "starts", "ends", "closed_at", "root")
    yield File("wages/periods.jsonl", json_lines(periods.iterator(chunk_size=CHUNK)))


def _periods(user: User) -> Any:
    mine = Q(pk__in=Interval.objects.filter(worker=user).values("pay_period")) | Q(
        pk__in=Entry.objects.filter(postings__account__worker=user).values("pay_period")
    )
    return Period.objects.filter(mine).order_by("id")


@exports()
def spreadsheet(user: User) -> Iterator[File]:
    """The intervals once more, as a table that opens in a spreadsheet."""
    yield File("wages/intervals.csv", _csv(user))


class _Line:
    def write(self, line: str) -> str:
        return line


def _csv(user: User) -> Iterator[bytes]:
    writer = csv.writer(_Line())
    for row in csv_rows(user):
        yield str(writer.writerow(row)).encode()


@exports()
def entries(user: User) -> Iterator[File]:
    """Every entry that touches an account of the person, with its postings; other people's accounts are left out."""
    yield File("wages/entries.jsonl", json_lines(_entries(user)))


def _entries(user: User) -> Iterator[Mapping[str, Any]]:
    own = Posting.objects.filter(account__worker=user).values("entry")
    found = Entry.objects.filter(pk__in=own).order_by("pk").values(*own_columns(Entry))
    for batch in batched(found.iterator(chunk_size=CHUNK), CHUNK):
        legs: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in batch}
        postings = Posting.objects.filter(
            Q(account__worker=user) | Q(account__worker=None), entry__in=list(legs)
        ).order_by("pk")
        columns = ("account_id", "account__kind", "amount_micro", "currency")
        for entry, *leg in postings.values_list("entry_id", *columns):
            legs[entry].append(dict(zip(columns, leg, strict=True)))
        for row in batch:
            yield row | {"postings": legs[row["id"]]}


@exports()
def statements(user: User) -> Iterator[File]:
    """Each statement exactly as it is stored: its hash is in wages/statements.jsonl."""
    rows = Statement.objects.filter(worker=user).order_by("pk").values_list("pk", "body")
    for pk, body in rows.iterator(chunk_size=50):
        yield File(f"wages/statements/{pk}.json", [body.encode()])


@exports()
def slices(user: User) -> Iterator[File]:
    """Of each closed period: the person's leaves with their paths to its root, and the proof that the log has it."""
    hashes = log.hashes(log.signed_size())
    places = _logged()
    for period in Period.objects.filter(leaf_names__worker=user).select_related("project").order_by("pk"):
        own = own_slice(period, user.pk)
        if own is None:
            continue
        yield File(f"log/period-{period.pk}.json", [_slice(period, own)])
        if (index := places.get(period.root)) is not None:
            yield File(f"log/period-{period.pk}.proof", [_proof(index, hashes).encode()])


def _slice(period: Period, own: OwnSlice) -> bytes:
    leaves = [
        {
            "position": leaf.position,
            "salt": leaf.salt.hex(),
            "body": leaf.body,
            "path": [step.hex() for step in leaf.path],
        }
        for leaf in own.leaves
    ]
    facts = {"period": period.pk, "project": period.project_id, "label": period.label, "root": period.root}
    return as_json(facts | {"size": own.size, "leaves": leaves})


def _logged() -> dict[str, int]:
    """Return the index of the signed log entry of each period, by its root. No two roots are the same: salts differ."""
    return {root: index for index, root in log.period_roots()}


def _proof(index: int, hashes: list[bytes]) -> str:
    newest, leaf = log.latest_checkpoint(), log.leaf(index)
    note = newest.note if newest else ""
    path = merkle.inclusion_proof(hashes, index)
    return write_proof(index=index, hashes=path, checkpoint=note, extra=bytes(leaf.entry))


@erases(order=10)
def erase(user: User, at: datetime) -> Mapping[str, int]:
    """Stop the clock, and take away telemetry: beats, tab names of the running clock, names in frozen slices."""
    clock.stop(worker=user, at=at)
    WorkerClock.objects.filter(worker=user).update(tab="")
    evidence = SettlementEvidence.objects.filter(file__settlements__line__worker=user)
    return {
        "payout_identities": erase_payout_identities(worker=user),
        # the bytes name people; what they said of each line stays in its own row, and their hash stays too
        "settlement_files": SettlementEvidence.objects.filter(pk__in=evidence.values("pk")).delete()[0],
        "beats": Beat.objects.filter(worker=user).delete()[0],
        "leaf_names": LeafName.objects.filter(worker=user).delete()[0],
    }


@keeps
def what_stays(user: User) -> Iterator[Stay]:
    until = projects_until(user)
    if until is not None:
        yield Stay(
            _(
                "Your intervals, what each paid, your pay statements and the places you declared, under a number"
            ),
            _("The law asks whoever pays to keep pay records, and you or a court may still need them."),
            until,
        )


@warns
def open_money(user: User) -> Iterator[str]:
    for unpaid in unpaid_of(user):
        yield _(
            "%(amount)s from %(title)s has not reached you yet. It stays yours, but it needs an account to go to, and "
            "your account goes with the erasure. Wait until it has arrived if you can."
        ) % {"amount": format_money(unpaid.micro, unpaid.currency, exact=True), "title": unpaid.title}
