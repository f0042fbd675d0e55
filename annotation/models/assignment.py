"""How far one person has come through a project's queue. Bookkeeping of the claim; says nothing of their work."""

from __future__ import annotations

from django.db import models

from annotation.models.projects import Participation


class QueuePlace(models.Model):
    """Where a person's walk through the free items begins, and how many of their ballots count.

    Items before (`need`, `item`) were taken by this person already or had no free slot when the transactions
    below `seen_xid` were all over; what has changed since is found by `Item.changed_xid`. So nobody walks past
    their own finished items again, and no slot that becomes free behind them is lost.
    """

    participation = models.OneToOneField(
        Participation, primary_key=True, on_delete=models.PROTECT, related_name="queue_place"
    )
    need = models.IntegerField(default=-(2**31))
    item = models.BigIntegerField(default=0)
    seen_xid = models.BigIntegerField(default=0)
    counted = models.PositiveIntegerField(default=0, help_text="ballots of this person that count")

    def __str__(self) -> str:
        return f"queue place of {self.participation_id}"
