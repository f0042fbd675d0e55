"""Which ballots stand in a frozen dataset. From then on their authors can't replace them."""

from __future__ import annotations

from django.db import models

from annotation.models.work import Ballot


class FrozenBallot(models.Model):
    """Append-only: a freeze is never undone."""

    ballot = models.OneToOneField(Ballot, primary_key=True, on_delete=models.PROTECT, related_name="frozen")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.ballot_id}"
