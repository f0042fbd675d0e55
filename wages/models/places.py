"""Where a worker says that they work. Only the worker declares it; the history stays."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class WorkPlace(models.Model):
    """A declared place, in force from `created_at` on until the next row. Append-only; the newest row counts."""

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="work_places")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    subdivision = models.CharField(max_length=6, blank=True, help_text="ISO 3166-2, such as US-CA")
    zone = models.CharField(max_length=64, help_text="IANA time zone; premiums follow its night and week")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["worker", "-created_at"], name="workplace_worker")]
        constraints = [
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="workplace_country"),
            models.CheckConstraint(
                condition=Q(subdivision="") | Q(subdivision__regex=r"^[A-Z]{2}-[A-Z0-9]{1,3}$"),
                name="workplace_subdivision",
            ),
            models.CheckConstraint(condition=~Q(zone=""), name="workplace_zone"),
        ]

    def __str__(self) -> str:
        return self.subdivision or self.country
