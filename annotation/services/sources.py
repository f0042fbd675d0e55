"""Writes the source register: where texts come from, why they may be used, and the files that show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.errors import BadSource
from annotation.import_paths import evidence_path
from annotation.models import Compensated, Consent, PersonalData, Project, SourceEvidence
from annotation.models import Source as SourceEntry
from annotation.models.sources import CONSENT_WITHOUT_REASON
from annotation.services.import_files import Stored, adopt
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.money import UnknownCurrency, exponent

LIMITS = {"source": 300, "creator": 300, "licence": 120}
OPTIONAL = {"obtained": 500, "reason": 500}
CHECKS = ("ai_txt_checked_on", "robots_txt_checked_on", "tdm_checked_on")
EVIDENCE_MOST = 20


@dataclass(frozen=True)
class Source:
    """Answers about where texts come from. The first four are required, and a reason where nobody agreed."""

    source: str
    creator: str
    licence: str
    consent: str
    obtained: str = ""
    reason: str = ""
    ai_txt_checked_on: date | None = None
    robots_txt_checked_on: date | None = None
    tdm_checked_on: date | None = None
    compensated: str = Compensated.UNKNOWN
    compensation_micro: int | None = None
    compensation_currency: str = ""
    personal_data: str = PersonalData.UNKNOWN

    def problems(self) -> list[str]:
        found = [
            f"{name}: required, at most {most} characters."
            for name, most in LIMITS.items()
            if not getattr(self, name).strip() or _unfit(getattr(self, name), most)
        ]
        found += [
            f"{name}: at most {most} characters."
            for name, most in OPTIONAL.items()
            if _unfit(getattr(self, name), most)
        ]
        if self.consent not in Consent.values:
            found.append(f"consent: one of {', '.join(Consent.values)}.")
        elif self.consent not in CONSENT_WITHOUT_REASON and not self.reason.strip():
            found.append("reason: say why you use texts that nobody agreed to; reports print it.")
        if self.personal_data not in PersonalData.values:
            found.append(f"personal_data: one of {', '.join(PersonalData.values)}.")
        return found + self._date_problems() + self._money_problems()

    def _date_problems(self) -> list[str]:
        today = timezone.now().date()
        return [
            f"{name}: a day that has been."
            for name in CHECKS
            if (checked := getattr(self, name)) is not None and checked > today
        ]

    def _money_problems(self) -> list[str]:
        if self.compensated not in Compensated.values:
            return [f"compensated: one of {', '.join(Compensated.values)}."]
        if self.compensated != Compensated.AMOUNT:
            stated = self.compensation_micro is not None or self.compensation_currency
            return ["compensation: an amount only where the creator was paid one."] if stated else []
        try:
            exponent(self.compensation_currency)
        except UnknownCurrency:
            return ["compensation_currency: three letters of ISO 4217, such as USD."]
        if self.compensation_micro is None or not 0 <= self.compensation_micro < 2**62:
            return ["compensation: the amount that was paid."]
        return []


def _unfit(value: str, most: int) -> bool:
    return len(value) > most or "\x00" in value


def register_source(
    *, actor: User, project: Project, answers: Source, at: datetime | None = None
) -> SourceEntry:
    """Write an entry of the register. Raises BadSource with every answer that is missing or wrong."""
    require_engineer(actor, project.organisation_id)
    if problems := answers.problems():
        raise BadSource("Say where these texts come from; nothing was imported.", problems)
    with transaction.atomic():
        entry = SourceEntry.objects.create(
            project=project,
            title=answers.source.strip(),
            creator=answers.creator.strip(),
            obtained=answers.obtained.strip(),
            licence=answers.licence.strip(),
            consent=answers.consent,
            reason=answers.reason.strip(),
            ai_txt_checked_on=answers.ai_txt_checked_on,
            robots_txt_checked_on=answers.robots_txt_checked_on,
            tdm_checked_on=answers.tdm_checked_on,
            compensated=answers.compensated,
            compensation_micro=answers.compensation_micro,
            compensation_currency=answers.compensation_currency,
            personal_data=answers.personal_data,
            created_by=actor,
            created_at=at or timezone.now(),
        )
        record(
            actor_id=actor.pk,
            action="source.registered",
            subject=f"source:{entry.pk}",
            consent=entry.consent,
        )
    return entry


def attach_evidence(*, actor: User, source: SourceEntry, filename: str, stored: Stored) -> SourceEvidence:
    """Keep a file that shows what a source says; the same file again is the one that is there."""
    require_engineer(actor, source.project.organisation_id)
    try:
        if not 0 < stored.size <= settings.EVIDENCE_MAX_BYTES:
            most = settings.EVIDENCE_MAX_BYTES // (1024 * 1024)
            raise BadSource("This file can't be kept.", [f"evidence: a file of 1 byte to {most} MiB."])
        if source.evidence.count() >= EVIDENCE_MOST:
            raise BadSource(
                "This file can't be kept.", [f"evidence: at most {EVIDENCE_MOST} files a source."]
            )
        return _keep_evidence(actor, source, filename, stored)
    finally:
        stored.drop()


def _keep_evidence(actor: User, source: SourceEntry, filename: str, stored: Stored) -> SourceEvidence:
    adopt(stored, evidence_path(stored.sha256))
    try:
        with transaction.atomic():
            kept = SourceEvidence.objects.create(
                source=source,
                filename=clean_filename(filename, "evidence"),
                sha256=stored.sha256,
                size=stored.size,
                created_by=actor,
            )
            record(actor_id=actor.pk, action="source.evidence", subject=f"source:{source.pk}")
    except IntegrityError:
        return SourceEvidence.objects.get(source=source, sha256=stored.sha256)
    return kept


def clean_filename(name: str, otherwise: str) -> str:
    """Return the last part of a file's name, without characters that are not to be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[-200:].strip() or otherwise
