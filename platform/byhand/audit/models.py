"""Append-only record of who did what. Holds ids and codes only, never names, texts or addresses."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    actor_id = models.BigIntegerField(null=True, help_text="null: the platform itself")
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120, help_text="kind:id")
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
