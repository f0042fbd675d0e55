"""What a project must have before anyone can be asked to work: who pays, at which rate, out of which deposit."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils import timezone


class PaidProject(models.Model):
    """The side of a project that wages knows. Its id is the project's own; currency and `simulated` never change."""

    id = models.UUIDField(primary_key=True, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="paid_projects"
    )
    title = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    simulated = models.BooleanField()
    declared_floor_micro = models.BigIntegerField(help_text="an hour, declared by the funder")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # the targets of composite foreign keys: whoever points here repeats what must agree
            models.UniqueConstraint(fields=["id", "simulated"], name="paidproject_id_simulated"),
            models.UniqueConstraint(
                fields=["id", "currency", "simulated"], name="paidproject_id_currency_simulated"
            ),
            models.CheckConstraint(condition=models.Q(declared_floor_micro__gte=0), name="paidproject_floor"),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="paidproject_currency"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Relation(models.TextChoices):
    """What the worker is to the payer."""

    EMPLOYEE = "employee", "Employee"
    CONTRACTOR = "contractor", "Contractor"
    VENDOR_EMPLOYEE = "vendor_employee", "Vendor's employee"
    CROWD = "crowd", "Crowd worker"
    PRISON = "prison", "Prison labour"
    STUDENT = "student", "Student"
    VOLUNTEER = "volunteer", "Volunteer"


class Payer(models.Model):
    """The legal entity that pays, as named from `created_at` on. Append-only; the newest row counts."""

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="payers")
    legal_entity = models.CharField(max_length=200)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    relation = models.CharField(max_length=16, choices=Relation.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(legal_entity=""), name="payer_named"),
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="payer_country"),
            models.CheckConstraint(condition=models.Q(relation__in=Relation.values), name="payer_relation"),
        ]

    def __str__(self) -> str:
        return f"{self.legal_entity} ({self.country})"


class Basis(models.TextChoices):
    HOURLY = "hourly", "By the hour"
    PIECE = "piece", "By the piece, with the hourly rate guaranteed"


class RateCard(models.Model):
    """One version of what a project pays. Work stays bound to the version it began under.

    Time is always paid at `hourly_micro`. Under `piece` a submitted piece is paid at least `piece_micro`: what its
    time has not paid yet is added. Premiums are parts per thousand on top of the hourly rate.
    """

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="rate_cards")
    version = models.PositiveIntegerField()
    basis = models.CharField(max_length=8, choices=Basis.choices, default=Basis.HOURLY, db_default="hourly")
    hourly_micro = models.BigIntegerField()
    piece_micro = models.BigIntegerField(null=True, blank=True)
    night_permille = models.PositiveIntegerField(
        default=0, db_default=0, help_text="22:00 to 06:00, their zone"
    )
    weekend_permille = models.PositiveIntegerField(default=0, db_default=0, help_text="Saturday and Sunday")
    overtime_permille = models.PositiveIntegerField(
        default=0, db_default=0, help_text="beyond overtime_after_ms"
    )
    overtime_after_ms = models.BigIntegerField(null=True, blank=True, help_text="paid time in a workweek")
    bonus_micro = models.BigIntegerField(
        default=0, db_default=0, help_text="once a period, for its paid time alone"
    )
    bonus_after_ms = models.BigIntegerField(null=True, blank=True, help_text="paid time in the period")
    period = DateTimeRangeField(help_text="[from, to); open until the next version is set")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="ratecard_version"),
            models.UniqueConstraint(fields=["id", "project"], name="ratecard_id_project"),
            models.UniqueConstraint(fields=["id", "hourly_micro"], name="ratecard_id_hourly"),
            models.CheckConstraint(condition=models.Q(hourly_micro__gte=0), name="ratecard_rate"),
            models.CheckConstraint(
                condition=models.Q(basis="hourly", piece_micro__isnull=True)
                | models.Q(basis="piece", piece_micro__gt=0),
                name="ratecard_basis",
            ),
            models.CheckConstraint(
                condition=models.Q(overtime_permille=0, overtime_after_ms__isnull=True)
                | models.Q(overtime_permille__gt=0, overtime_after_ms__gte=0),
                name="ratecard_overtime",
            ),
            models.CheckConstraint(
                condition=models.Q(bonus_micro=0, bonus_after_ms__isnull=True)
                | models.Q(bonus_micro__gt=0, bonus_after_ms__gte=0),
                name="ratecard_bonus",
            ),
            models.CheckConstraint(
                condition=models.Q(period__isempty=False, period__startswith__isnull=False),
                name="ratecard_period",
            ),
            ExclusionConstraint(
                name="ratecard_no_overlap",
                expressions=[("project", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/v{self.version}"


class Deposit(models.Model):
    """Money that one steward says has come in, with evidence. It counts once another steward approves it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="deposits")
    amount_micro = models.BigIntegerField()
    evidence = models.CharField(max_length=500)
    key = models.CharField(max_length=100)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    entry = models.OneToOneField(
        "wages.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="deposit"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="deposit_key"),
            models.CheckConstraint(condition=models.Q(amount_micro__gt=0), name="deposit_amount"),
            models.CheckConstraint(condition=~models.Q(evidence=""), name="deposit_evidence"),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True, approved_at__isnull=True, entry__isnull=True)
                | models.Q(approved_by__isnull=False, approved_at__isnull=False, entry__isnull=False),
                name="deposit_approved_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("created_by")), name="deposit_two_stewards"
            ),
        ]

    def __str__(self) -> str:
        return f"deposit {self.pk}"
