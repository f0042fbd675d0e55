"""Claims for time the clock did not see, disputes, and proposed cuts, with their decisions. All append-only.

A case is open while it has no decision of its round; nothing is ever overwritten. Words live in `CaseWords`, which
can be deleted; the rows that stay hold ids and a salted hash.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wages.models.clock import Interval
from wages.models.ledger import Entry
from wages.models.projects import PaidProject
from wages.models.statements import Statement


class CaseKind(models.TextChoices):
    CLAIM = "claim", _("Claim")
    DISPUTE = "dispute", _("Dispute")
    CUT = "cut", _("Proposed cut")


class CaseOutcome(models.TextChoices):
    """How a case ended. Which outcome belongs to which kind of case is checked by the database."""

    GRANTED = "granted", _("granted")
    UPHELD = "upheld", _("upheld")
    PARTLY = "partly", _("granted in part")
    REFUSED = "refused", _("refused")
    APPLIED = "applied", _("applied")
    DROPPED = "dropped", _("dropped")
    LAPSED = "lapsed", _("lapsed")


NOTHING_NAMED = Q(interval__isnull=True, entry__isnull=True, statement__isnull=True)
ONE_NAMED = (
    Q(interval__isnull=False, entry__isnull=True, statement__isnull=True)
    | Q(interval__isnull=True, entry__isnull=False, statement__isnull=True)
    | Q(interval__isnull=True, entry__isnull=True, statement__isnull=False)
)


class Case(models.Model):
    """One claim, dispute or proposed cut of one worker in one project.

    A claim names a stretch [starts, ends). A dispute names exactly one interval, entry or statement; one that
    objects to a proposed cut names that cut too. A cut names the entry that would be reversed.
    """

    kind = models.CharField(max_length=8, choices=CaseKind.choices)
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="cases")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cases")
    simulated = models.BooleanField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(
        help_text="a decision is due, or for a cut: the earliest moment to apply it"
    )
    key = models.CharField(max_length=200, unique=True)
    starts = models.DateTimeField(null=True, blank=True)
    ends = models.DateTimeField(null=True, blank=True)
    interval = models.ForeignKey(
        Interval, null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    statement = models.ForeignKey(
        Statement, null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    objects_to = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="objection"
    )

    class Meta:
        indexes = [
            models.Index(fields=["worker", "-id"], name="case_worker"),
            models.Index(fields=["project", "due_at"], name="case_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="claim", starts__isnull=False, ends__gt=F("starts"), objects_to__isnull=True)
                & NOTHING_NAMED
                | Q(kind="dispute", starts__isnull=True, ends__isnull=True)
                & ONE_NAMED
                & (Q(objects_to__isnull=True) | Q(entry__isnull=False))
                | Q(kind="cut", starts__isnull=True, ends__isnull=True, objects_to__isnull=True)
                & Q(entry__isnull=False, interval__isnull=True, statement__isnull=True),
                name="case_names_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["claim", "dispute"], opened_by=F("worker"))
                | (Q(kind="cut") & ~Q(opened_by=F("worker"))),
                name="case_opened_by",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("opened_at")), name="case_due_later"),
            # a cut that was dropped, lapsed or refused is not proposed again
            models.UniqueConstraint(fields=["entry"], condition=Q(kind="cut"), name="case_one_cut"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class CaseEvent(models.Model):
    """One step in a case's history, seen by both sides. Its words, if any, are in `CaseWords` while they are kept."""

    OPENED, EVIDENCE, SAID, DECIDED, APPEALED, CONTACT = (
        "opened",
        "evidence",
        "said",
        "decided",
        "appealed",
        "contact",
    )
    KINDS = (OPENED, EVIDENCE, SAID, DECIDED, APPEALED, CONTACT)

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=[(kind, kind) for kind in KINDS])
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    words_sha256 = models.CharField(max_length=64, blank=True, help_text="of salt and text; blank: no words")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(kind="opened"), name="caseevent_opened_once"
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(kind="appealed"), name="caseevent_appealed_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["opened", "evidence", "said", "decided", "appealed", "contact"]),
                name="caseevent_kind",
            ),
            models.CheckConstraint(
                condition=Q(words_sha256="") | Q(words_sha256__regex=r"^[0-9a-f]{64}$"),
                name="caseevent_sha256",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class CaseWords(models.Model):
    """What somebody wrote. May be deleted with its salt, which leaves the event and a hash that says nothing."""

    event = models.OneToOneField(
        CaseEvent, primary_key=True, on_delete=models.PROTECT, related_name="written"
    )
    text = models.TextField()
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"words of event {self.pk}"


class CaseDecision(models.Model):
    """The decision of one round: 1, or 2 after an appeal to the outside contact. No `decided_by`: nobody in time."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=8, choices=CaseOutcome.choices)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    granted_ms = models.BigIntegerField(default=0, help_text="time restored by this decision")
    granted_micro = models.BigIntegerField(default=0, help_text="money restored besides that time's pay")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="casedecision_once"),
            models.CheckConstraint(condition=Q(round__in=[1, 2]), name="casedecision_round"),
            models.CheckConstraint(condition=Q(outcome__in=CaseOutcome.values), name="casedecision_outcome"),
            models.CheckConstraint(
                condition=Q(granted_ms__gte=0, granted_micro__gte=0)
                & (Q(outcome__in=["granted", "upheld", "partly"]) | Q(granted_ms=0, granted_micro=0)),
                name="casedecision_restores",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=False)
                | Q(round=1, outcome__in=["granted", "lapsed"], granted_micro=0),
                name="casedecision_by_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.pk}"


class CaseRemedy(models.Model):
    """One row that a decision made: an interval that restores time, or an entry that moves money."""

    decision = models.ForeignKey(CaseDecision, on_delete=models.PROTECT, related_name="remedies")
    interval = models.OneToOneField(
        Interval, null=True, blank=True, on_delete=models.PROTECT, related_name="remedy"
    )
    entry = models.OneToOneField(
        Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="remedy"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(interval__isnull=False, entry__isnull=True)
                | Q(interval__isnull=True, entry__isnull=False),
                name="caseremedy_one",
            ),
        ]

    def __str__(self) -> str:
        return f"remedy {self.pk}"
