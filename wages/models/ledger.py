"""Double entry, append-only. The deferred trigger in the migrations holds every entry to zero per currency."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.projects import PaidProject


class AccountKind(models.TextChoices):
    FUNDING = "funding", "Funding"
    RESERVATION = "reservation", "Reservation"
    FUNDER_RECEIVABLE = "funder_receivable", "Funder receivable"
    EMPLOYER_CONTRIBUTIONS = "employer_contributions", "Employer contributions"
    PLATFORM_FEE = "platform_fee", "Platform fee"
    PAYMENT_FEE = "payment_fee", "Payment fee"
    TAX_WITHHELD = "tax_withheld", "Tax withheld"
    FLOOR_TOP_UP = "floor_top_up", "Floor top-up"
    VENDOR_MARGIN = "vendor_margin", "Vendor margin"
    ROUNDING = "rounding", "Rounding"
    ROYALTY = "royalty", "Royalty"
    WORKER_EARNED = "worker_earned", "Worker: earned"
    WORKER_PAYABLE = "worker_payable", "Worker: payable"
    WORKER_SENT = "worker_sent", "Worker: sent"
    WORKER_RECEIVED = "worker_received", "Worker: received"


WORKER_KINDS = [kind.value for kind in AccountKind if kind.value.startswith("worker_")]


class LedgerAccount(models.Model):
    """An account of one project, and of one worker where its kind says so. Balances are sums of postings."""

    kind = models.CharField(max_length=24, choices=AccountKind.choices)
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="accounts")
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="ledger_accounts",
    )
    currency = models.CharField(max_length=3)
    simulated = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "worker", "kind"], nulls_distinct=False, name="ledgeraccount_once"
            ),
            models.UniqueConstraint(
                fields=["id", "currency", "simulated"], name="ledgeraccount_currency_simulated"
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="ledgeraccount_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=WORKER_KINDS, worker__isnull=False)
                | (~Q(kind__in=WORKER_KINDS) & Q(worker__isnull=True)),
                name="ledgeraccount_worker",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EntryKind(models.TextChoices):
    """What an entry moves, and how it belongs to a period.

    IN_PERIOD kinds carry the pay period that they are part of: its close makes them payable and freezes their
    sum. Kinds BETWEEN_WORKER_ACCOUNTS touch no reservation. All others move money of the project itself.
    """

    DEPOSIT = "deposit", "Deposit"
    WORK = "work", "Work"
    PIECE = "piece", "Piece"
    BONUS = "bonus", "Bonus"
    PREMIUM = "premium", "Premium"
    TOP_UP = "top_up", "Top-up to the floor"
    COST = "cost", "Cost refunded"
    CORRECTION = "correction", "Correction"
    REVERSAL = "reversal", "Reversal"
    SETTLE_OWED = "settle_owed", "Between reservation and receivable"
    PERIOD = "period", "Period closed"
    ROUNDING = "rounding", "Rounding up at payout"
    PAYOUT = "payout", "Sent"
    RECEIVED = "received", "Received"
    RETURNED = "returned", "Payout failed"
    PAYMENT_FEE = "payment_fee", "Payment fee"
    PLATFORM_FEE = "platform_fee", "Platform fee"
    CONTRIBUTION = "contribution", "Employer contributions"
    TAX = "tax", "Tax withheld"
    MARGIN = "margin", "Vendor margin"
    ROYALTY = "royalty", "Royalty"
    REFUND = "refund", "Reservation refunded"
    RETIRED = "retired", "Carried from retired periods"


IN_PERIOD = ("work", "piece", "bonus", "premium", "top_up", "cost", "correction", "reversal")
ACCRUED = ("work", "piece")
"""Entries that a running accrual adds up, so that no sum over them is ever needed on the hot path."""
BETWEEN_WORKER_ACCOUNTS = ("period", "payout", "received", "returned", "tax")


class Entry(models.Model):
    """One event of money. `key` makes it happen once; a correction is another entry that `reverses` it."""

    kind = models.CharField(max_length=16, choices=EntryKind.choices)
    key = models.CharField(max_length=200, unique=True)
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="entries")
    simulated = models.BooleanField()
    interval = models.ForeignKey(
        "wages.Interval", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    pay_period = models.ForeignKey(
        "wages.Period", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="null: the clock itself",
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            # what moves the reservation besides accrued work: few rows, so that the balance is cheap to derive
            models.Index(
                fields=["project"],
                name="entry_project_money",
                condition=Q(pay_period__isnull=True) & ~Q(kind__in=BETWEEN_WORKER_ACCOUNTS),
            ),
            models.Index(
                fields=["pay_period"],
                name="entry_extras",
                condition=Q(pay_period__isnull=False) & ~Q(kind__in=["work", "piece", "period"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "simulated"], name="entry_id_simulated"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="entry_kind"),
            models.CheckConstraint(
                condition=~Q(kind="work") | Q(interval__isnull=False, pay_period__isnull=False),
                name="entry_work_whole",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=(*IN_PERIOD, "period"), pay_period__isnull=False)
                | (~Q(kind__in=(*IN_PERIOD, "period")) & Q(pay_period__isnull=True)),
                name="entry_in_period",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["bonus", "correction"]) | (Q(actor__isnull=False) & ~Q(reason="")),
                name="entry_by_a_person_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False, actor__isnull=False) & ~Q(reason="")
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="entry_reversal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Posting(models.Model):
    """`amount_micro` put into an account; negative: taken out. An entry's postings add up to zero."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="postings")
    amount_micro = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    simulated = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "account"], name="posting_account_once"),
            models.CheckConstraint(condition=~Q(amount_micro=0), name="posting_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micro} {self.currency}"
