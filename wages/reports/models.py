"""Published reports. The table is append-only: a new version is a new row, an old one never disappears."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class PublishedReport(models.Model):
    """One version of one report. `document` is the canonical JSON whose sha256 is in the log."""

    slug = models.SlugField(max_length=120)
    period = models.SlugField(max_length=80)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    simulated = models.BooleanField()
    document = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    digests = ArrayField(
        models.CharField(max_length=64), help_text="the model's manifest and every file of it"
    )
    # What the document was made from, so that it can be made again: never shown, holds no identity.
    inputs = models.JSONField()
    leaf = models.OneToOneField("transparency.LogLeaf", on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "period", "version"], name="report_version_once"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="report_version_from_one"),
        ]
        indexes = [
            GinIndex(fields=["digests"], name="report_digests"),
            models.Index(fields=["-published_at"], name="report_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.period} v{self.version}"

    def get_absolute_url(self) -> str:
        return f"/reports/{self.slug}/{self.period}/v{self.version}/"
