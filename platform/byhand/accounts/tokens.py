"""API tokens as rows. Only the hash of a token is kept; what it may do is fixed when it is made."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class ApiToken(models.Model):
    """The right of a program to act for its owner, within `scopes`, until `expires_at` or `revoked_at`.

    Nothing of it changes but `last_used_at` (by the hour) and, once, `revoked_at`; a row is never deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="what it is for, in its owner's words")
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="how it begins, to tell one from another")
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="the hour, not the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(revoked_at__isnull=True), name="token_name_once"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_ends_later"),
            models.CheckConstraint(condition=Q(scopes__len__gte=1), name="token_has_a_scope"),
        ]

    def __str__(self) -> str:
        return f"token {self.pk}"
