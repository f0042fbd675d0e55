"""Removing or pausing a person in a project: proposed with reason and evidence, told at once, in effect after 7 days,
open to appeal, decided by another steward. Nothing here reads how somebody ranks, and no program calls it by itself.

What was earned is paid as always; earnings, statements, disputes and export stay open to them.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from annotation.errors import NotDecidable, RemovalStands
from annotation.models import Participation, Project, Removal, RemovalStep, RemovalWords
from annotation.models.removals import NOTICE
from byhand.accounts.models import Membership, Role, User
from byhand.accounts.selectors import require_steward
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import Invalid, NotAllowed, NotFound

MOST_WORDS = 4000
PAGE = "/my-data/decisions/"


@transaction.atomic
def propose_removal(
    *,
    actor: User,
    project_id: uuid.UUID,
    pseudonym: str,
    kind: str,
    reason: str,
    evidence: str,
    abuse: bool = False,
    at: datetime | None = None,
) -> Removal:
    """Propose to remove or pause a participant, named by their pseudonym; they are told at once, with the reason.

    Takes effect after 7 days, for abuse at once. Raises Invalid, NotAllowed, NotFound, or RemovalStands where one
    stands already.
    """
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no such project.")
    _require_member(actor, project)
    problems = [*_problems("reason", reason), *_problems("evidence", evidence)]
    if kind not in {Removal.REMOVE, Removal.PAUSE}:
        problems.append("kind: remove or pause.")
    if problems:
        raise Invalid("Nothing was proposed.", problems)
    part = _locked(project, pseudonym)
    if part.user_id == actor.pk:
        raise NotAllowed("Nobody proposes this about themselves: just stop working.")
    if standing(project.pk, part.user_id) is not None:
        raise RemovalStands("A proposal about this person stands already.")
    now = at or timezone.now()
    made = Removal.objects.create(
        project=project, worker=part.user, kind=kind, abuse=abuse, proposed_by=actor, proposed_at=now,
        effective_at=now if abuse else now + NOTICE,
    )  # fmt: skip
    _step(made, RemovalStep.PROPOSED, actor, now, reason, evidence)
    _tell_worker(made)
    return made


def appeal_removal(
    *, worker: User, removal_id: uuid.UUID, words: str, at: datetime | None = None
) -> RemovalStep:
    """Object, once, at any time while it stands. Raises NotFound for somebody else's, NotDecidable when it is over."""
    if problems := _problems("words", words):
        raise Invalid(_("Your appeal was not sent."), problems)
    with transaction.atomic():
        removal = Removal.objects.filter(pk=removal_id, worker=worker).select_related("project").first()
        if removal is None:
            raise NotFound(_("There is no such decision about you."))
        _hold(removal)
        kinds = _kinds(removal)
        if kinds & {RemovalStep.APPEALED, *RemovalStep.OVER}:
            raise NotDecidable(_("You have appealed already, or it is over."))
        step = _step(removal, RemovalStep.APPEALED, worker, at or timezone.now(), words)
        for steward in _others(removal):
            send_message(
                user=steward,
                subject=f"An appeal in {removal.project.title}",
                body="Somebody appeals against being removed or paused. A steward other than who proposed it decides.",
                link=f"/projects/{removal.project_id}/people/",
            )
    return step


def decide_appeal(
    *, actor: User, removal_id: uuid.UUID, reverse: bool, reason: str, at: datetime | None = None
) -> RemovalStep:
    """Answer an appeal: reverse it or let it stand. A steward does, never who proposed it; the database checks too."""
    removal, now = _found(removal_id), at or timezone.now()
    require_steward(actor, removal.project.organisation_id)
    if actor.pk in {removal.proposed_by_id, removal.worker_id}:
        raise NotAllowed("Who proposed it, or whom it is about, does not decide the appeal.")
    if problems := _problems("reason", reason):
        raise Invalid("Nothing was decided.", problems)
    with transaction.atomic():
        _hold(removal)
        kinds = _kinds(removal)
        if RemovalStep.APPEALED not in kinds:
            raise NotDecidable("Nobody has appealed.")
        if kinds & {RemovalStep.UPHELD, *RemovalStep.OVER}:
            raise NotDecidable("This is decided already.")
        step = _step(removal, RemovalStep.REVERSED if reverse else RemovalStep.UPHELD, actor, now, reason)
        _tell_decided(removal, reverse)
    return step


def end_removal(
    *, actor: User, removal_id: uuid.UUID, reason: str, at: datetime | None = None
) -> RemovalStep:
    """Take a proposal back, or let a paused person work again."""
    removal = _found(removal_id)
    _require_member(actor, removal.project)
    if actor.pk == removal.worker_id:
        raise NotAllowed("Whom it is about does not end it; an appeal is open to them.")
    if problems := _problems("reason", reason):
        raise Invalid("Nothing was changed.", problems)
    with transaction.atomic():
        _hold(removal)
        if _kinds(removal) & set(RemovalStep.OVER):
            raise NotDecidable("This is over already.")
        step = _step(removal, RemovalStep.ENDED, actor, at or timezone.now(), reason)
        _tell_decided(removal, True)
    return step


def standing(project_id: uuid.UUID, worker_id: int) -> Removal | None:
    """Return what is proposed or in effect about a person in a project, or None."""
    rows = Removal.objects.filter(project=project_id, worker=worker_id)
    return rows.exclude(steps__kind__in=RemovalStep.OVER).first()


def _require_member(actor: User, project: Project) -> None:
    if not Membership.objects.filter(user=actor, organisation=project.organisation_id).exists():
        raise NotAllowed("Only an engineer or a steward of the organisation may do this.")


def _locked(project: Project, pseudonym: str) -> Participation:
    part = Participation.objects.select_for_update(of=("self",)).select_related("user")
    found = part.filter(project=project, pseudonym=pseudonym).first()
    if found is None:
        raise NotFound("Nobody with this pseudonym takes part in the project.")
    return found


def _hold(removal: Removal) -> None:
    """Let one act about a person in a project follow another; the removal itself is append-only and takes no lock."""
    Participation.objects.select_for_update().get(project=removal.project_id, user=removal.worker_id)


def _found(removal_id: uuid.UUID) -> Removal:
    removal = Removal.objects.select_related("project", "worker").filter(pk=removal_id).first()
    if removal is None:
        raise NotFound("There is no such proposal.")
    return removal


def _kinds(removal: Removal) -> set[str]:
    return set(RemovalStep.objects.filter(removal=removal).values_list("kind", flat=True))


def _problems(field: str, words: str) -> list[str]:
    kept = words.strip()
    if not kept or len(kept) > MOST_WORDS or "\x00" in kept:
        return [
            _("%(field)s: 1 to %(most)s characters, and no NUL character.")
            % {"field": field, "most": f"{MOST_WORDS:,}"}
        ]
    return []


def _step(
    removal: Removal, kind: str, actor: User, at: datetime, words: str, evidence: str = ""
) -> RemovalStep:
    salt, text, shown = secrets.token_bytes(32), words.strip(), evidence.strip()
    digest = hashlib.sha256(salt + f"{text}\n{shown}".encode()).hexdigest()
    step = RemovalStep.objects.create(removal=removal, kind=kind, actor=actor, at=at, words_sha256=digest)
    RemovalWords.objects.create(step=step, text=text, evidence=shown, salt=salt)
    record(actor_id=actor.pk, action=f"removal.{kind}", subject=f"removal:{removal.pk}")
    return step


def _others(removal: Removal) -> list[User]:
    stewards = Membership.objects.filter(
        organisation=removal.project.organisation_id, role=Role.STEWARD
    ).exclude(user__in=[removal.proposed_by_id, removal.worker_id])
    return [row.user for row in stewards.select_related("user")]


def _tell_worker(removal: Removal) -> None:
    with translation.override(removal.project.languages[0] if removal.project.languages else "en"):
        day = f"{removal.effective_at:%Y-%m-%d}"
        subject = _("A decision about you in %(project)s") % {"project": removal.project.title}
        body = _(
            "From %(day)s on you are offered no more work there. The reason and the evidence are on the page, and you "
            "can appeal. What you have earned is paid on its normal day, and you keep your earnings, statements, "
            "disputes and data."
        ) % {"day": day}
    send_message(user=removal.worker, subject=subject, body=body, link=PAGE)


def _tell_decided(removal: Removal, reversed_: bool) -> None:
    with translation.override(removal.project.languages[0] if removal.project.languages else "en"):
        subject = _("An answer about %(project)s") % {"project": removal.project.title}
        body = (
            _("You may go on working there.")
            if reversed_
            else _("Your appeal was read by somebody else; the decision stands. Their reason is on the page.")
        )
    send_message(user=removal.worker, subject=subject, body=body, link=PAGE)
