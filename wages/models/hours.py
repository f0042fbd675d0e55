"""Worked time by the hour: a roll-up of the paid intervals, which the caps on offers read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from wages.models.projects import PaidProject


class WorkedHour(models.Model):
    """The paid time of one worker in one project within one hour of the clock.

    Written in the statement that writes the interval, so it can't lag behind; `verify_ledger` proves that it
    equals the intervals. `item_ms` is the part with an item in hand.
    """

    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField(help_text="its beginning, UTC")
    worked_ms = models.BigIntegerField()
    item_ms = models.BigIntegerField()
    began = models.DateTimeField(help_text="first moment worked in this hour")
    ended = models.DateTimeField(help_text="last moment worked in this hour")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "hour", "project"], name="workedhour_once"),
            models.CheckConstraint(
                condition=Q(worked_ms__gte=1, item_ms__gte=0, item_ms__lte=F("worked_ms")),
                name="workedhour_ms",
            ),
            models.CheckConstraint(
                condition=Q(began__gte=F("hour"), ended__gt=F("began")), name="workedhour_inside"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worked_ms} ms from {self.hour:%Y-%m-%d %H:%M}"
