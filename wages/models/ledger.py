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
    DEPOSIT = "deposit", "Deposit"
    WORK = "work", "Work"
    SETTLE_OWED = "settle_owed", "Between reservation and receivable"
    PERIOD = "period", "Period closed"
    REVERSAL = "reversal", "Reversal"


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
            # what moves the reservation besides work: few rows, so that the balance is cheap to derive
            models.Index(
                fields=["project"],
                name="entry_funding",
                condition=Q(kind__in=["deposit", "settle_owed", "reversal"]),
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
