"""The unfinished answer of a lease. It goes when the lease is answered or skipped, its free text with it.

Pay reads nothing here, and nothing that pay reads is kept here.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from annotation.models.work import Lease


class Draft(models.Model):
    """`content` holds an answer as far as it has come, and the note. `revision` counts the saves."""

    lease = models.OneToOneField(Lease, on_delete=models.PROTECT, primary_key=True, related_name="draft")
    content = models.JSONField()
    revision = models.PositiveIntegerField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(revision__gte=1), name="draft_revision_from_one")]

    def __str__(self) -> str:
        return f"draft {self.revision} of {self.lease_id}"
