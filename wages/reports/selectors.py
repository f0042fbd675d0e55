"""Reads of published reports. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from wages.reports.errors import NoSuchReport
from wages.reports.models import PublishedReport


@dataclass(frozen=True)
class IndexEntry:
    """One slug on the index: its newest version, and how many versions there are."""

    newest: PublishedReport
    versions: int


def reports_for_digest(digest: str) -> QuerySet[PublishedReport]:
    """Return every published version about the model or file with this sha256 (hex), newest first."""
    found = PublishedReport.objects.filter(digests__contains=[digest.lower()])
    return found.order_by("-published_at", "-version")


def index(*, simulated: bool) -> list[IndexEntry]:
    """Return the slugs with their newest versions, newest first; real and simulated are never in one list."""
    found: dict[str, list[PublishedReport]] = {}
    rows = PublishedReport.objects.filter(simulated=simulated).defer("document", "inputs")
    for report in rows.order_by("-published_at", "-version"):
        found.setdefault(report.slug, []).append(report)
    return [IndexEntry(newest=reports[0], versions=len(reports)) for reports in found.values()]


def versions(slug: str) -> list[PublishedReport]:
    """Return every version of a slug, newest first; raises NoSuchReport."""
    found = PublishedReport.objects.filter(slug=slug).defer("document", "inputs")
    ordered = list(found.order_by("-published_at", "-version"))
    if not ordered:
        raise NoSuchReport(f"No report has been published under {slug!r}.")
    return ordered


def version(slug: str, period: str, number: int) -> PublishedReport:
    """Return one version; raises NoSuchReport."""
    found = (
        PublishedReport.objects.filter(slug=slug, period=period, version=number)
        .select_related("leaf")
        .first()
    )
    if found is None:
        raise NoSuchReport(f"There is no version {number} of the report {slug!r} for {period}.")
    return found


def successor(report: PublishedReport) -> PublishedReport | None:
    """Return the newest version of the same report, if this one is not it."""
    same = PublishedReport.objects.filter(slug=report.slug, period=report.period, version__gt=report.version)
    return same.defer("document", "inputs").order_by("-version").first()
