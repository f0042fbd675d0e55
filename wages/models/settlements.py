"""What became of sent pay: the bank's or wallet's evidence line by line, and the workers' own receipts. Append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.payouts import SHA256, PayoutLine
from wages.models.projects import PaidProject

_PERSON = settings.AUTH_USER_MODEL


class Outcome(models.TextChoices):
    SETTLED = "settled", "Settled"
    FAILED = "failed", "Failed"


class SettlementFile(models.Model):
    """One file of evidence that was taken in whole. The same bytes again are the same row."""

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="settlement_files")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text="bytes")
    uploaded_by = models.ForeignKey(_PERSON, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "sha256"], name="settlementfile_once"),
            models.CheckConstraint(condition=Q(sha256__regex=SHA256), name="settlementfile_sha256"),
        ]

    def __str__(self) -> str:
        return self.sha256


class SettlementEvidence(models.Model):
    """The bytes of a settlement file. Apart from its row, because they may name people and can be erased."""

    file = models.OneToOneField(
        SettlementFile, primary_key=True, on_delete=models.PROTECT, related_name="evidence"
    )
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"evidence {self.file_id}"


class Settlement(models.Model):
    """What the evidence says of one line. One outcome a line, for ever."""

    line = models.OneToOneField(PayoutLine, on_delete=models.PROTECT, related_name="settlement")
    file = models.ForeignKey(SettlementFile, on_delete=models.PROTECT, related_name="settlements")
    status = models.CharField(max_length=8, choices=Outcome.choices)
    fee_micro = models.BigIntegerField(help_text="borne by the funder")
    settled_on = models.DateField()
    reference = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="why it failed; the worker reads it")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Outcome.values), name="settlement_status"),
            models.CheckConstraint(condition=Q(fee_micro__gte=0), name="settlement_fee"),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(reason=""), name="settlement_failed_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.line_id}"


class UnmatchedSettlement(models.Model):
    """A row of a refused file that named no line of the project: nothing was posted, and nothing is forgotten."""

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="unmatched_settlements")
    sha256 = models.CharField(max_length=64, help_text="of the file")
    row = models.PositiveIntegerField()
    key = models.CharField(max_length=100)
    amount = models.CharField(max_length=40)
    currency = models.CharField(max_length=10)
    uploaded_by = models.ForeignKey(_PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "sha256", "row"], name="unmatchedsettlement_once")
        ]

    def __str__(self) -> str:
        return self.key


class PayoutReceipt(models.Model):
    """The worker's word about one of their own lines: what arrived, when, and what it cost them. The newest counts."""

    line = models.ForeignKey(PayoutLine, on_delete=models.PROTECT, related_name="receipts")
    received_micro = models.BigIntegerField()
    fee_micro = models.BigIntegerField(help_text="what the worker paid to get it; owed back")
    received_on = models.DateField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["at"], name="payoutreceipt_at")]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "received_micro", "fee_micro", "received_on"], name="payoutreceipt_once"
            ),
            models.CheckConstraint(
                condition=Q(received_micro__gte=0, fee_micro__gte=0), name="payoutreceipt_amounts"
            ),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"
