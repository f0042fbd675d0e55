"""Rankings that their author no longer lends to datasets. Append-only; what was paid for them stays paid."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from annotation.models.projects import Project
from annotation.models.work import Ballot


class Withdrawal(models.Model):
    """One act of one person: some rankings, or all that they had given in the project by then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="withdrawals")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    whole_project = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["worker", "project"], name="withdrawal_of_worker")]

    def __str__(self) -> str:
        return f"withdrawal {self.pk}"


class WithdrawnBallot(models.Model):
    """A ballot that leaves every later dataset and export."""

    ballot = models.OneToOneField(
        Ballot, primary_key=True, on_delete=models.PROTECT, related_name="withdrawn"
    )
    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="ballots")

    def __str__(self) -> str:
        return f"{self.ballot_id}"
