"""Who pays whom: pools of workers, the legal entity that pays each, and who stands in between.

A pool and an intermediary keep their name; what is said about them is versioned. All four tables are append-only.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.projects import PaidProject, Relation

DEFAULT_POOL = "Main pool"


class Pool(models.Model):
    """A group of a project's workers that one legal entity pays. The default pool holds whoever is in no other."""

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="pools")
    name = models.CharField(max_length=100)
    is_default = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="pool_name"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(is_default=True), name="pool_one_default"
            ),
            models.UniqueConstraint(fields=["id", "project"], name="pool_id_project"),
            models.CheckConstraint(condition=~Q(name=""), name="pool_named"),
        ]

    def __str__(self) -> str:
        return self.name


class PoolVersion(models.Model):
    """Which legal entity pays a pool, and what the workers are to it. The newest row counts."""

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="versions")
    legal_entity = models.CharField(max_length=200)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    relation = models.CharField(max_length=16, choices=Relation.choices)
    since = models.DateField(help_text="since when this entity pays the pool")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(legal_entity=""), name="poolversion_named"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="poolversion_country"),
            models.CheckConstraint(condition=Q(relation__in=Relation.values), name="poolversion_relation"),
        ]

    def __str__(self) -> str:
        return f"{self.legal_entity} ({self.country})"


class PoolMember(models.Model):
    """Which pool a worker of a project belongs to from `created_at` on. The newest row counts; none: the default."""

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="pool_members")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="members")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pools")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["project", "worker", "-id"], name="poolmember_newest")]

    def __str__(self) -> str:
        return f"{self.worker_id} in {self.pool_id}"


class Intermediary(models.Model):
    """A party between payer and workers, with what it is paid for them. The newest row of a legal entity counts.

    `attested`: a document that a steward has seen says so, and `evidence` names it; else the amount is declared.
    `ended` takes it out of the chain. `place` orders the chain from the payer on.
    """

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="intermediaries")
    legal_entity = models.CharField(max_length=200)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    place = models.PositiveIntegerField(default=1)
    contract_micro = models.BigIntegerField(help_text="what the contract pays it, for the whole project")
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    attested = models.BooleanField(default=False)
    evidence = models.CharField(max_length=500, blank=True)
    ended = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "intermediaries"
        constraints = [
            models.CheckConstraint(condition=~Q(legal_entity=""), name="intermediary_named"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="intermediary_country"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="intermediary_currency"),
            models.CheckConstraint(condition=Q(contract_micro__gte=0), name="intermediary_amount"),
            models.CheckConstraint(
                condition=Q(attested=False) | ~Q(evidence=""), name="intermediary_attested_by_evidence"
            ),
        ]

    def __str__(self) -> str:
        return self.legal_entity
