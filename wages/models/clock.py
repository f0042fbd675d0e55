"""The clock row of a worker, the intervals it has closed, and the beats that prove presence."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.periods import Period
from wages.models.projects import PaidProject, RateCard
from wages.work import Category, WorkKind

CATEGORIES = [category.value for category in Category]
WORK_KINDS = [kind.value for kind in WorkKind]
CATEGORY_CHOICES = [(value, value) for value in CATEGORIES]
WORK_KIND_CHOICES = [(value, value) for value in WORK_KINDS]


class WorkerClock(models.Model):
    """The running stretch of one worker; locked by every act that moves time. Category "" means stopped."""

    worker = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="clock"
    )
    simulated = models.BooleanField()
    category = models.CharField(max_length=16, blank=True, choices=CATEGORY_CHOICES)
    project = models.ForeignKey(
        PaidProject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    work_kind = models.CharField(max_length=16, blank=True, choices=WORK_KIND_CHOICES)
    work_id = models.CharField(max_length=64, blank=True)
    rate_card = models.ForeignKey(RateCard, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    tab = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField(
        null=True, blank=True, help_text="start of the stretch, or when the clock stopped"
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="last proof of presence: an act or a beat"
    )
    asked_at = models.DateTimeField(null=True, blank=True, help_text="an unanswered presence question")
    session_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="clock_running", condition=~Q(category=""))]
        constraints = [
            models.CheckConstraint(
                condition=Q(category="", project__isnull=True, rate_card__isnull=True, asked_at__isnull=True)
                | (
                    Q(category__in=CATEGORIES)
                    & Q(project__isnull=False, rate_card__isnull=False, since__isnull=False)
                    & Q(seen_at__gte=models.F("since"), session_since__lte=models.F("since"))
                ),
                name="clock_running_whole",
            ),
            models.CheckConstraint(
                condition=Q(work_kind="", work_id="") | (Q(work_kind__in=WORK_KINDS) & ~Q(work_id="")),
                name="clock_work_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"clock of {self.worker_id}"


class Interval(models.Model):
    """One closed stretch of a worker's time, as it was decided then. Append-only.

    `earned_micro` is the difference that it made to the worker's accrual; null `rate_card`: not paid.
    A row that `resolves` an `unknown` one says what it was: by the worker's word, or `by_rule` where nobody
    answered before the close. At most one row of each; together they never say more than the gap.
    `stretch_*` and `judged_at` are what the rule decided from (`wages.rules.derive`); empty where a person's word or
    decision made the row, and on rows that are older than these columns.
    """

    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="intervals", db_index=False
    )
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="intervals")
    simulated = models.BooleanField()
    category = models.CharField(max_length=16, choices=CATEGORY_CHOICES)
    work_kind = models.CharField(max_length=16, blank=True, choices=WORK_KIND_CHOICES)
    work_id = models.CharField(max_length=64, blank=True)
    period = DateTimeRangeField(help_text="[from, to), server time in whole milliseconds")
    ms = models.BigIntegerField()
    rule_version = models.CharField(max_length=16)
    rate_card = models.ForeignKey(RateCard, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    earned_micro = models.BigIntegerField(default=0)
    pay_period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="intervals", db_index=False)
    tab = models.CharField(max_length=64, blank=True)
    resolves = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    by_rule = models.BooleanField(
        default=False, db_default=False, help_text="paid up to the task's 75th percentile, unanswered"
    )
    stretch_category = models.CharField(max_length=16, blank=True, default="", db_default="")
    stretch_since = models.DateTimeField(null=True, blank=True, help_text="when the stretch began")
    stretch_seen = models.DateTimeField(null=True, blank=True, help_text="its last proof of presence")
    stretch_asked = models.DateTimeField(null=True, blank=True, help_text="its unanswered question")
    stretch_held = models.BooleanField(null=True, blank=True, help_text="whether an item was in hand")
    judged_at = models.DateTimeField(
        null=True, blank=True, help_text="the moment at which the rule judged it"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["pay_period", "worker"], name="interval_period_worker"),
            models.Index(fields=["worker", "-id"], name="interval_newest"),
            models.Index(
                fields=["worker", "work_kind", "work_id"], name="interval_work", condition=~Q(work_id="")
            ),
            models.Index(fields=["worker", "-id"], name="interval_gaps", condition=Q(category="unknown")),
        ]
        constraints = [
            ExclusionConstraint(
                name="interval_no_overlap",
                expressions=[("worker", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=~Q(category__in=["break", "unknown"]),
            ),
            models.CheckConstraint(condition=Q(category__in=CATEGORIES), name="interval_category"),
            models.CheckConstraint(
                condition=Q(work_kind="", work_id="") | (Q(work_kind__in=WORK_KINDS) & ~Q(work_id="")),
                name="interval_work_whole",
            ),
            models.CheckConstraint(
                condition=Q(rate_card__isnull=False, earned_micro__gte=0) & ~Q(category="unknown")
                | Q(rate_card__isnull=True, earned_micro=0, category__in=["break", "unknown"]),
                name="interval_unpaid_is_break_or_unknown",
            ),
            models.CheckConstraint(
                condition=Q(resolves__isnull=True) | ~Q(category="unknown"), name="interval_answer_is_known"
            ),
            models.UniqueConstraint(
                fields=["resolves", "by_rule"],
                name="interval_resolved_once",
                condition=Q(resolves__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(
                    stretch_category="",
                    stretch_since__isnull=True,
                    stretch_seen__isnull=True,
                    stretch_asked__isnull=True,
                    stretch_held__isnull=True,
                    judged_at__isnull=True,
                )
                | Q(
                    stretch_category__in=CATEGORIES,
                    stretch_since__isnull=False,
                    stretch_seen__isnull=False,
                    stretch_held__isnull=False,
                    judged_at__isnull=False,
                    resolves__isnull=True,
                ),
                name="interval_facts_whole",
            ),
            models.CheckConstraint(
                condition=Q(by_rule=False) | Q(resolves__isnull=False, rate_card__isnull=False),
                name="interval_rule_pays_a_gap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.ms} ms"


class Beat(models.Model):
    """One proof of presence as a browser sent it, stored raw. The server's own time decides."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="beats")
    session = models.CharField(max_length=16, help_text="a digest; tells sessions apart, opens none")
    tab = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    elapsed_ms = models.BigIntegerField(help_text="the tab's own monotonic clock")
    work_kind = models.CharField(max_length=16, blank=True)
    work_id = models.CharField(max_length=64, blank=True)
    focused = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["worker", "at"], name="beat_day")]
        constraints = [
            models.UniqueConstraint(fields=["worker", "tab", "seq"], name="beat_once"),
            models.CheckConstraint(condition=Q(seq__gte=0, elapsed_ms__gte=0), name="beat_counts_up"),
        ]

    def __str__(self) -> str:
        return f"{self.tab} {self.seq}"
