"""Writes of the reports: publish one, or make one again from what it was made from."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from byhand.accounts import selectors as accounts
from byhand.audit.services import record
from byhand.errors import NotAllowed
from wages.models import PaidProject
from wages.reports import facts, release
from wages.reports.errors import BadSubject
from wages.reports.models import PublishedReport
from wages.reports.snapshot import Snapshot, frame, from_frame
from wages.reports.subject import ReportSubject, from_json, to_json
from wages.transparency import services as log
from wages.transparency.canonical import canonical

if TYPE_CHECKING:
    from byhand.accounts.models import User

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def publish(*, actor: User | None, subject: ReportSubject, at: datetime | None = None) -> PublishedReport:
    """Publish the report of `subject` from the closed periods of its projects, and log its hash.

    Idempotent: if nothing that the report says has changed, the newest version is returned and nothing is
    written. Else a new version supersedes it; no version ever disappears. `actor` None is the platform
    itself.
    Raises BadSubject, NotAllowed, NothingClosed, MixedWork, and LogRefuses if the log can't be signed.
    """
    _require_valid(subject)
    _require_allowed(actor, subject)
    log.require_signable()
    with transaction.atomic():
        _lock(subject.slug)
        snapshot = facts.gather(subject)
        period = period_name([part.label for part in snapshot.slices])
        newest = PublishedReport.objects.filter(slug=subject.slug, period=period).order_by("-version").first()
        if newest is not None and _draft(snapshot, subject, _edition(newest)) == bytes(newest.document):
            return newest
        edition = release.Edition(
            period=period,
            version=1 if newest is None else newest.version + 1,
            supersedes="" if newest is None else newest.sha256,
            published_at=(at or timezone.now()).astimezone(UTC).isoformat(timespec="seconds"),
        )
        report = _store(actor, subject, snapshot, edition)
    return report


def rebuild(report: PublishedReport) -> bytes:
    """Return the report's bytes, made again from the frozen leaves it was made from."""
    data = report.inputs["snapshot"]
    leaves = facts.leaves_of(part["period_id"] for part in data["slices"])
    return _draft(from_frame(data, leaves), from_json(report.inputs["subject"]), _edition(report))


def period_name(labels: list[str]) -> str:
    """Return the address of the period or periods a report covers: 2026-W47, or 2026-W45_2026-W47."""
    first, last = (label.replace(".", "-") for label in (min(labels), max(labels)))
    return first if first == last else f"{first}_{last}"


def _draft(snapshot: Snapshot, subject: ReportSubject, edition: release.Edition) -> bytes:
    return canonical(release.build(snapshot, subject, edition))


def _edition(report: PublishedReport) -> release.Edition:
    return release.Edition(**report.inputs["edition"])


def _store(
    actor: User | None, subject: ReportSubject, snapshot: Snapshot, edition: release.Edition
) -> PublishedReport:
    document = _draft(snapshot, subject, edition)
    digest = hashlib.sha256(document).hexdigest()
    body: dict[str, Any] = {
        "sha256": digest,
        "slug": subject.slug,
        "period": edition.period,
        "version": edition.version,
        "supersedes": edition.supersedes,
        "model": subject.model_digest,
        "simulated": subject.simulated,
        "published_at": edition.published_at,
    }
    leaf = log.append(kind="report", body=body)
    report = PublishedReport.objects.create(
        slug=subject.slug,
        period=edition.period,
        version=edition.version,
        title=subject.title[:300],
        simulated=subject.simulated,
        document=document,
        sha256=digest,
        digests=sorted({subject.model_digest, *subject.files.values()}),
        inputs={"subject": to_json(subject), "snapshot": frame(snapshot), "edition": asdict(edition)},
        leaf=leaf,
        published_by=actor,
        published_at=datetime.fromisoformat(edition.published_at),
    )
    record(
        actor_id=actor.pk if actor else None,
        action="report.published",
        subject=f"report:{report.pk}",
        sha256=digest,
    )
    return report


def _require_valid(subject: ReportSubject) -> None:
    problems = []
    if not _SLUG.fullmatch(subject.slug) or len(subject.slug) > 120:
        problems.append("slug: lower-case letters, digits and single hyphens, at most 120 characters.")
    if not subject.title.strip():
        problems.append("title: required.")
    if not subject.base.name.strip():
        problems.append("base: name the model that training began with.")
    if not subject.projects:
        problems.append("projects: at least one.")
    digests = {
        "model_digest": subject.model_digest,
        **{f"files {name}": sha for name, sha in subject.files.items()},
    }
    problems += [
        f"{name}: not a sha256 in lower-case hex."
        for name, sha in digests.items()
        if not _SHA256.fullmatch(sha)
    ]
    if b"\\u0000" in canonical(to_json(subject)):
        problems.append("a text holds a NUL character.")
        raise BadSubject("The subject of the report can't be used.", problems)
    other = PublishedReport.objects.filter(slug=subject.slug).exclude(
        digests__contains=[subject.model_digest]
    )
    if other.exists():
        problems.append("slug: it belongs to the reports of another model; put part of the digest into it.")
    if problems:
        raise BadSubject("The subject of the report can't be used.", problems)


def _require_allowed(actor: User | None, subject: ReportSubject) -> None:
    """A report is released by an engineer or a steward of every organisation whose projects it draws on."""
    if actor is None:
        return
    owners = PaidProject.objects.filter(pk__in=subject.projects).values_list("organisation_id", flat=True)
    for organisation in set(owners):
        if not (accounts.is_steward(actor, organisation) or accounts.is_engineer(actor, organisation)):
            raise NotAllowed("Only an engineer or a steward of the organisation publishes its reports.")


def _lock(slug: str) -> None:
    """One publication of a slug at a time; taken before the log's lock, always in this order."""
    number = int.from_bytes(hashlib.sha256(f"report:{slug}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
