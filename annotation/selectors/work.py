"""Reads for the annotator: which projects, which step is next, and the item in their hands."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from annotation.models import Document, DocumentKind, Lease, Participation, Project, ProjectState
from annotation.models.projects import OFFERING
from annotation.qualification import Phase
from annotation.ranking import Asked
from annotation.selectors.qualification import QualificationState, qualification_state
from byhand.accounts.models import User
from byhand.accounts.selectors import invited_projects
from byhand.errors import NotFound
from byhand.statements import Reading, fetch_all, fetch_one
from wages.models import WorkerClock
from wages.work import Category

# Plain SQL where each page and request of the ranking cycle passes: one round trip each, and nothing to compile.
_PROJECT = Reading(Project)
OPEN_TO = f"""
SELECT {_PROJECT.columns("project")} FROM annotation_project project
WHERE project.id = %(project)s AND (
    EXISTS (SELECT 1 FROM annotation_participation
            WHERE project_id = project.id AND user_id = %(worker)s)
    OR EXISTS (SELECT 1 FROM accounts_invitation
               WHERE project = project.id AND accepted_by_id = %(worker)s AND role = 'annotator'))
"""  # noqa: S608
FACTS = """
SELECT
    EXISTS (SELECT 1 FROM annotation_participation WHERE project_id = %(project)s AND user_id = %(worker)s),
    (SELECT newest.id
     FROM (SELECT DISTINCT ON (kind) id, kind FROM annotation_document
           WHERE project_id = %(project)s ORDER BY kind, version DESC) newest
     WHERE NOT EXISTS (SELECT 1 FROM annotation_acceptance
                       WHERE document_id = newest.id AND user_id = %(worker)s)
     ORDER BY newest.kind = 'terms' DESC LIMIT 1),
    coalesce((SELECT category FROM wages_workerclock
              WHERE worker_id = %(worker)s AND project_id = %(project)s), ''),
    project.content_warning <> '' AND NOT EXISTS (
        SELECT 1 FROM annotation_warningacceptance WHERE project_id = %(project)s AND user_id = %(worker)s
        AND sha256 = encode(sha256(convert_to(project.content_warning, 'UTF8')), 'hex')),
    project.qualification_pass_percent IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM annotation_qualificationresult
        WHERE project_id = %(project)s AND worker_id = %(worker)s AND passed),
    coalesce((SELECT p75_ms FROM annotation_timeestimate
              WHERE project_id = %(project)s ORDER BY id DESC LIMIT 1), 0),
    lease.id, lease.item_id, lease.shown_order, lease.taken_at, lease.expires_at
FROM annotation_project project LEFT JOIN LATERAL (
    SELECT * FROM annotation_lease
    WHERE worker_id = %(worker)s AND project_id = %(project)s AND state = 'live' ORDER BY taken_at LIMIT 1
) lease ON true
WHERE project.id = %(project)s
"""
TEXTS = """
SELECT prompt.text, completion.index, completion.text
FROM annotation_item item
JOIN annotation_prompt prompt ON prompt.id = item.prompt_id
JOIN annotation_completion completion
    ON completion.generation_id = item.generation_id AND completion.prompt_id = item.prompt_id
WHERE item.id = %(item)s
"""
WORKING = frozenset(
    category.value for category in (Category.TASK, Category.WAITING, Category.UNKNOWN, Category.QUALIFICATION)
)
QUALIFYING = {
    Phase.ITEM: "qualify",
    Phase.TRY_AGAIN: "try_again",
    Phase.FEEDBACK: "feedback",
    Phase.FAILED: "not_qualified",
}


@dataclass(frozen=True)
class Shown:
    """A completion as it stands on this worker's page: `place` counts from 1 in the shuffled order."""

    place: int
    index: int
    text: str


@dataclass(frozen=True)
class HeldItem:
    lease_id: uuid.UUID
    prompt: str
    completions: tuple[Shown, ...]
    taken_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Step:
    """What the worker does next: soon (not open yet), join, warning, terms, guidelines, qualify, try_again, feedback,
    not_qualified, start, break, rank, waiting or closed. `estimate_ms`: three quarters of the items here take at most
    so long; 0 where nobody measured.
    """

    name: str
    document: Document | None = None
    lease: Lease | None = None
    estimate_ms: int = 0
    qualification: QualificationState | None = None


def projects_for(user: User) -> QuerySet[Project]:
    """Return the projects that `user` takes part in or is invited to, newest first."""
    joined = Participation.objects.filter(user=user).values("project")
    return (
        Project.objects.filter(Q(pk__in=joined) | Q(pk__in=invited_projects(user)))
        .exclude(state=ProjectState.DRAFT)
        .select_related("organisation")
        .order_by("-created_at")
    )


def invited_to_a_draft(user: User) -> bool:
    """Whether a project that is not open yet has invited `user`."""
    return Project.objects.filter(pk__in=invited_projects(user), state=ProjectState.DRAFT).exists()


def project_for_worker(user: User, project_id: uuid.UUID) -> Project:
    """Return the project, or raise NotFound: nobody learns of projects that they are not invited to."""
    row = fetch_one(OPEN_TO, {"project": project_id, "worker": user.pk})
    if row is None:
        raise NotFound(_("No such project, or you are not invited to it."))
    return _PROJECT.instance(row)


def clock_in(user: User, project: Project) -> str:
    """Return the category that the worker's clock has in this project; blank: stopped, or elsewhere."""
    return (
        WorkerClock.objects.filter(worker=user, project=project.pk).values_list("category", flat=True).first()
        or ""
    )


def next_step(user: User, project: Project) -> Step:
    """Return the one thing to do now."""
    facts = _facts(user, project)
    if project.state == ProjectState.DRAFT:
        return Step("soon")
    if not facts.joined:
        return Step("join")
    if project.state not in OFFERING and facts.lease is None and facts.category != Category.BREAK:
        return Step("closed")
    if facts.warning:
        return Step("warning")
    if facts.unread is not None:
        document = Document.objects.get(pk=facts.unread)
        return Step(DocumentKind(document.kind).value, document=document)
    lease, category = facts.lease, facts.category
    if category == Category.BREAK:
        return Step("break", lease=lease)
    if lease is not None:
        name = "rank" if category in WORKING else "start"
        return Step(name, lease=lease, estimate_ms=facts.estimate_ms)
    if facts.must_qualify:
        state = qualification_state(user, project)
        return Step(QUALIFYING[state.phase], qualification=state)
    return Step("waiting" if category == Category.WAITING else "start")


@dataclass(frozen=True)
class _Facts:
    joined: bool
    unread: uuid.UUID | None
    category: str
    warning: bool
    must_qualify: bool
    estimate_ms: int
    lease: Lease | None


def _facts(user: User, project: Project) -> _Facts:
    row = fetch_one(FACTS, {"worker": user.pk, "project": project.pk})
    if row is None:
        raise NotFound(_("No such project, or you are not invited to it."))
    joined, unread, category, warning, must_qualify, estimate, lease_id, item, order, taken, expires = row
    if lease_id is None:
        return _Facts(joined, unread, category, warning, must_qualify, estimate, None)
    lease = Lease(
        id=lease_id,
        project_id=project.pk,
        item_id=item,
        worker_id=user.pk,
        shown_order=json.loads(order),
        taken_at=taken,
        expires_at=expires,
    )
    lease._state.adding = False
    return _Facts(joined, unread, category, warning, must_qualify, estimate, lease)


def warning_digest(project: Project) -> str:
    """Return what names the content warning that people agree to, as the database computes it in FACTS."""
    return hashlib.sha256(project.content_warning.encode()).hexdigest()


def asked_of(project: Project) -> Asked:
    """Return what the project asks about each item."""
    return Asked(project.k, project.top_m, project.asks_strength, tuple(project.dimensions))


def lease_of(user: User, project: Project, lease_id: uuid.UUID) -> Lease:
    """Return a lease of `user` in this project, whatever became of it, or raise NotFound."""
    lease = Lease.objects.filter(pk=lease_id, worker=user, project=project).first()
    if lease is None:
        raise NotFound(_("No such item in your hands."))
    return lease


def held_item(lease: Lease) -> HeldItem:
    """Return the prompt and the completions of a lease in the order in which its worker sees them."""
    rows = fetch_all(TEXTS, {"item": lease.item_id})
    texts = {index: text for _prompt, index, text in rows}
    shown = (Shown(place, index, texts[index]) for place, index in enumerate(lease.shown_order, start=1))
    return HeldItem(lease.pk, rows[0][0], tuple(shown), lease.taken_at, lease.expires_at)
