"""A small world with one of everything, whose texts are hostile, for walks over all addresses."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from annotation.import_paths import problems_path
from annotation.models import Ballot, Project
from annotation.selectors.projects import current_documents
from annotation.services import (
    completions,
    documents,
    exports,
    import_files,
    imports,
    participation,
    projects,
    sources,
    starting,
    submitting,
    taking,
    uploads,
)
from byhand.accounts import services as accounts
from byhand.accounts.models import Organisation, User
from byhand.jobs import services as jobs
from byhand.jobs.models import JobEvent
from byhand.webhooks import services as webhooks
from byhand.webhooks.models import Attempt
from tests.api import more_world
from wages.services import deposits
from wages.services import projects as paid

HOSTILE = "<script>alert('hostile')</script>"
MARK = "only-for-members"
K = 2


@dataclass
class World:
    """Who walks, the value of each named part of an address, and values that one route alone needs."""

    people: dict[str, User | None]
    parts: dict[str, Any]
    of_route: dict[str, dict[str, Any]]


def person(name: str) -> User:
    return accounts.create_user(
        email=f"{name}@example.org", password=None, name=f"{name} {HOSTILE}", simulated=True
    )


def organisation(slug: str, *roles: str, member: User) -> Organisation:
    made = accounts.create_organisation(name=f"{slug} {HOSTILE}", slug=slug, country="KE", simulated=True)
    for role in roles:
        accounts.add_member(actor=None, user=member, organisation=made, role=role)
    return made


def paid_project(engineer: User, steward: User, owner: Organisation) -> Project:
    project = projects.create_project(
        actor=engineer, organisation=owner, title=f"{MARK} {HOSTILE}", k=K, overlap=1, currency="USD",
        hourly_micro=18_000_000, declared_floor_micro=15_000_000, simulated=True,
        terms=f"Terms {HOSTILE}", guidelines=f"Guidelines {HOSTILE}",
        more={"pilot_ballots": 0, "support_contact": f"Support {HOSTILE}"},
    )  # fmt: skip
    paid.name_payer(
        actor=steward,
        project_id=project.pk,
        legal_entity=f"Payer {HOSTILE}",
        country="KE",
        relation="employee",
    )
    paid.set_terms(actor=steward, project_id=project.pk, countries=["DK"])
    deposits.fund_simulated(project_id=project.pk, amount_micro=900_000_000, key="first")
    return project


def fill(project: Project, engineer: User, job_id: uuid.UUID) -> None:
    """Import three prompts, store their candidates and open their items."""
    rows = "".join(json.dumps({"prompt": f"Prompt {number} {HOSTILE}"}) + "\n" for number in range(3))
    source = imports.Source(source=HOSTILE, creator=HOSTILE, licence="CC0-1.0", consent="opt_in")
    imports.import_prompts(
        actor=engineer, project=project, filename="p.jsonl", stream=io.BytesIO(rows.encode()), source=source
    )
    made = completions.begin_generation(
        project_id=project.pk, job_id=job_id, policy_digest="a" * 64, policy_name=HOSTILE, sampling={}
    )
    texts = [
        completions.GeneratedCompletion(prompt.pk, index, f"{HOSTILE} {index}", 1, [-0.5], "eos")
        for prompt in project.prompts.all()
        for index in range(K)
    ]
    completions.store_completions(generation_id=made.pk, rows=texts)
    completions.finish_generation(generation_id=made.pk)


def invited(project: Project, owner: Organisation, user: User) -> None:
    _, url = accounts.invite(actor=None, organisation=owner, role="annotator", project=project.pk)
    accounts.join_by_invitation(token=url.rstrip("/").rsplit("/", 1)[1], user=user)
    participation.join_project(user=user, project_id=project.pk)


def engineers_parts(project: Project, engineer: User, annotator: User, owner: Organisation) -> dict[str, Any]:
    """Rank one item, and make what the engineer's pages show: a ballot, a token, a webhook with a delivery."""
    second = taking.reserve_next(worker=annotator, project=project)
    assert second is not None
    submitting.submit_ballot(
        worker=annotator,
        lease_id=second.pk,
        answer={"groups": [[0], [1]]},
        key="key-of-a-ballot",
        note=HOSTILE,
    )
    ballot = Ballot.objects.get()
    token, _ = accounts.create_token(actor=engineer, name=f"token {HOSTILE}", scopes=["items:read"])
    endpoint, _ = webhooks.create_endpoint(
        actor=engineer,
        organisation=owner,
        url="https://8.8.8.8/",
        events=["run.finished"],
        description=HOSTILE,
    )
    delivery = webhooks.send_test(actor=engineer, endpoint=endpoint)
    Attempt.objects.create(delivery=delivery, at=timezone.now(), status=500, took_ms=3, answer=HOSTILE)
    asked = {"format": "ballots", "class": "public", "free_text_reason": HOSTILE}
    export = exports.begin_export(actor=engineer, project=project, body=asked, key="key-of-an-export")
    return {
        "item_id": ballot.item_id, "ballot_id": ballot.pk, "token_id": token.pk, "endpoint_id": endpoint.pk,
        "delivery_id": delivery.pk, "export_id": export.pk, "ranked_lease": ballot.lease_id,
    }  # fmt: skip


def imported_parts(project: Project, engineer: User) -> dict[str, Any]:
    """Leave a file at the step of its preview, with a list of bad rows, and a source with evidence."""
    row = json.dumps({"prompt": f"Previewed {HOSTILE}", HOSTILE: 1}) + "\n"
    upload = uploads.begin_upload(
        actor=engineer,
        project=project,
        filename=f"{HOSTILE}.jsonl",
        stored=import_files.store([row.encode()]),
    )
    answers = imports.Source(source=HOSTILE, creator=HOSTILE, licence=HOSTILE, consent="none", reason=HOSTILE)
    upload = uploads.answer_source(actor=engineer, upload=upload, answers=answers)
    problems_path(upload.pk).write_text(f'line,field,reason\n1,,"{HOSTILE}"\n')
    assert upload.source is not None
    evidence = sources.attach_evidence(
        actor=engineer, source=upload.source, filename=HOSTILE, stored=import_files.store([b"evidence"])
    )
    return {"upload_id": upload.pk, "source_id": upload.source.pk, "evidence_id": evidence.pk}


def build_world() -> World:
    engineer, steward, annotator, newcomer, reviewer, outsider = map(
        person, ("engineer", "steward", "annotator", "newcomer", "reviewer", "outsider")
    )
    owner = organisation("river", "engineer", member=engineer)
    accounts.add_member(actor=None, user=steward, organisation=owner, role="steward")
    organisation("elsewhere", "engineer", "steward", member=outsider)
    project = paid_project(engineer, steward, owner)
    job = jobs.enqueue(kind="test", payload={}, organisation=owner, created_by=engineer)
    JobEvent.objects.create(job=job, kind="progress", data={"message": HOSTILE})
    fill(project, engineer, job.pk)
    projects.publish_project(actor=engineer, project=project)
    for user in (annotator, newcomer, reviewer):
        invited(project, owner, user)
        message = accounts.send_message(user=user, subject=HOSTILE, body=HOSTILE, link="/earnings/")
    held = current_documents(project.pk)
    for user in (annotator, reviewer):
        for document in held:
            documents.accept_document(user=user, document_id=document.pk)
    project.refresh_from_db()
    starting.start(worker=annotator, project=project)
    lease = taking.take_next(worker=annotator, project=project)
    assert lease is not None
    _, link = accounts.invite(actor=None, organisation=owner, role="engineer")
    parts = {
        "project_id": project.pk, "job_id": job.pk, "lease_id": lease.pk, "document_id": held[0].pk,
        "message_id": message.pk, "token": link.rstrip("/").rsplit("/", 1)[1], "index": 0, "level": 0, "path": "000",
        "uidb36": "1", "key": "a-b", "pk": 1, "interval_id": 1, "step": "basics",
        **engineers_parts(project, engineer, annotator, owner), **imported_parts(project, engineer),
    }  # fmt: skip
    more_world.known_answer(project, engineer)
    more_world.with_second_factor(outsider)
    parts |= more_world.payout(project, annotator, steward)
    parts |= more_world.disputed(annotator, steward)
    parts |= more_world.second_look(project, engineer, reviewer, newcomer)
    parts |= more_world.trained(project, engineer) | more_world.reported()
    people = {
        "nobody": None, "annotator": annotator, "newcomer": newcomer, "engineer": engineer, "steward": steward,
        "reviewer": reviewer, "outsider": outsider,
    }  # fmt: skip
    return World(people, parts, {"work-change": {"lease_id": parts["ranked_lease"]}})


@pytest.fixture
def world(db: None) -> World:
    return build_world()
