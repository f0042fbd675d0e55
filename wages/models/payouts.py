"""Where workers want their pay, and the batches that send it. Identity stands in a table of its own that can be erased.

What a batch pays is fixed when it is made and posted when a second steward approves it; see services.payouts.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from wages.models.projects import PaidProject

_PERSON = settings.AUTH_USER_MODEL
SHA256 = r"^[0-9a-f]{64}$"


class PayoutMethod(models.TextChoices):
    BANK = "bank", "Bank account"
    WALLET = "wallet", "Mobile wallet"


class PayoutAccount(models.Model):
    """An account that a worker named for one currency; the newest row of that currency counts. Append-only.

    `digest` is the SHA-256 of the identity's salt and canonical JSON: once the identity is erased it leads nowhere.
    """

    worker = models.ForeignKey(_PERSON, on_delete=models.PROTECT, related_name="payout_accounts")
    simulated = models.BooleanField()
    method = models.CharField(max_length=8, choices=PayoutMethod.choices)
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    held_until = models.DateTimeField(help_text="48 hours later: no payout goes to the account before")

    class Meta:
        indexes = [models.Index(fields=["worker", "currency", "-id"], name="payoutaccount_newest")]
        constraints = [
            models.UniqueConstraint(fields=["id", "worker", "currency"], name="payoutaccount_id_worker"),
            models.CheckConstraint(condition=Q(method__in=PayoutMethod.values), name="payoutaccount_method"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="payoutaccount_currency"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="payoutaccount_country"),
            models.CheckConstraint(condition=Q(digest__regex=SHA256), name="payoutaccount_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.method} account {self.pk}"


class PayoutIdentity(models.Model):
    """Who and where exactly: never changed, and the only part of an account that can be erased."""

    account = models.OneToOneField(
        PayoutAccount, primary_key=True, on_delete=models.PROTECT, related_name="identity"
    )
    holder = models.CharField(max_length=70)
    iban = models.CharField(max_length=34, blank=True)
    account_number = models.CharField(max_length=34, blank=True)
    bank_code = models.CharField(max_length=20, blank=True)
    provider = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"identity of account {self.account_id}"


class PayoutBatch(models.Model):
    """What one steward made to be paid at once. It pays nothing until another steward approves it; then it is final."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="payout_batches")
    currency = models.CharField(max_length=3)
    simulated = models.BooleanField()
    key = models.CharField(max_length=100)
    content_sha256 = models.CharField(max_length=64, help_text="of the lines, as both stewards see it")
    left_out = models.JSONField(default=list, help_text="[worker id, reason code, payable in micro-units]")
    made_by = models.ForeignKey(_PERSON, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(_PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(_PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    files = models.JSONField(default=dict, help_text="SHA-256 of each payout file, set at the approval")

    class Meta:
        verbose_name_plural = "payout batches"
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="payoutbatch_key"),
            models.UniqueConstraint(fields=["id", "currency", "simulated"], name="payoutbatch_id_currency"),
            # two drafts would both claim the same payable
            models.UniqueConstraint(
                fields=["project"],
                name="payoutbatch_one_draft",
                condition=Q(approved_at__isnull=True, cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(content_sha256__regex=SHA256), name="payoutbatch_content_sha256"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False, cancelled_at__isnull=True),
                name="payoutbatch_approved_whole",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by__isnull=True, cancelled_at__isnull=True)
                | Q(cancelled_by__isnull=False, cancelled_at__isnull=False, approved_at__isnull=True),
                name="payoutbatch_cancelled_whole",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="payoutbatch_two_stewards",
            ),
        ]

    def __str__(self) -> str:
        return f"payout batch {self.pk}"

    @property
    def state(self) -> str:
        if self.approved_at:
            return "approved"
        return "cancelled" if self.cancelled_at else "draft"


class PayoutLine(models.Model):
    """What one worker is paid in a batch: `payable` of the ledger, rounded up to the minor unit. Append-only.

    Its id is the idempotency key that the payment carries to the bank and back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(PayoutBatch, on_delete=models.PROTECT, related_name="lines")
    worker = models.ForeignKey(_PERSON, on_delete=models.PROTECT, related_name="payout_lines")
    account = models.ForeignKey(PayoutAccount, on_delete=models.PROTECT, related_name="lines")
    currency = models.CharField(max_length=3)
    simulated = models.BooleanField()
    payable_micro = models.BigIntegerField()
    rounding_micro = models.BigIntegerField(help_text="borne by the funder")
    amount_micro = models.BigIntegerField(help_text="what is sent: whole minor units")

    class Meta:
        indexes = [models.Index(fields=["worker"], name="payoutline_worker")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "worker"], name="payoutline_once"),
            models.CheckConstraint(
                condition=Q(amount_micro=F("payable_micro") + F("rounding_micro")), name="payoutline_sum"
            ),
            models.CheckConstraint(
                condition=Q(payable_micro__gt=0, rounding_micro__gte=0, rounding_micro__lt=1_000_000),
                name="payoutline_amounts",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The idempotency key in payout and settlement files: 32 characters, fit for an EndToEndId."""
        return self.pk.hex
