"""A small world with one of everything, whose texts are hostile, for walks over all addresses."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from annotation.models import Project
from annotation.selectors.projects import current_documents
from annotation.services import completions, documents, imports, participation, projects, starting, taking
from byhand.accounts import services as accounts
from byhand.accounts.models import Organisation, User
from byhand.jobs import services as jobs
from byhand.jobs.models import JobEvent
from wages.services import deposits
from wages.services import projects as paid

HOSTILE = "<script>alert('hostile')</script>"
MARK = "only-for-members"
K = 2


@dataclass
class World:
    """Who walks, and the value of each named part of an address."""

    people: dict[str, User | None]
    parts: dict[str, Any]


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
    )  # fmt: skip
    entity = {"legal_entity": f"Payer {HOSTILE}", "country": "KE", "relation": "employee"}
    paid.name_payer(actor=steward, project_id=project.pk, **entity)
    deposits.fund_simulated(project_id=project.pk, amount_micro=900_000_000, key="first")
    return project


def fill(project: Project, engineer: User, job_id: uuid.UUID) -> None:
    """Import two prompts, store their candidates and open their items."""
    rows = "".join(json.dumps({"prompt": f"Prompt {number} {HOSTILE}"}) + "\n" for number in range(2))
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


def build_world() -> World:
    engineer, steward, annotator, newcomer, outsider = map(
        person, ("engineer", "steward", "annotator", "newcomer", "outsider")
    )
    owner = organisation("river", "engineer", member=engineer)
    accounts.add_member(actor=None, user=steward, organisation=owner, role="steward")
    organisation("elsewhere", "engineer", "steward", member=outsider)
    project = paid_project(engineer, steward, owner)
    job = jobs.enqueue(kind="test", payload={}, organisation=owner, created_by=engineer)
    JobEvent.objects.create(job=job, kind="progress", data={"message": HOSTILE})
    fill(project, engineer, job.pk)
    projects.publish_project(actor=engineer, project=project)
    for user in (annotator, newcomer):
        invited(project, owner, user)
        message = accounts.send_message(user=user, subject=HOSTILE, body=HOSTILE, link="/earnings/")
    held = current_documents(project.pk)
    for document in held:
        documents.accept_document(user=annotator, document_id=document.pk)
    project.refresh_from_db()
    starting.start(worker=annotator, project=project)
    lease = taking.take_next(worker=annotator, project=project)
    assert lease is not None
    _, link = accounts.invite(actor=None, organisation=owner, role="engineer")
    parts = {
        "project_id": project.pk, "job_id": job.pk, "lease_id": lease.pk, "document_id": held[0].pk,
        "message_id": message.pk, "token": link.rstrip("/").rsplit("/", 1)[1], "index": 0, "level": 0, "path": "000",
        "slug": "no-such-report", "period": "2026-w01", "version": 1, "digest": "b" * 64, "uidb36": "1", "key": "a-b",
        "pk": 1, "interval_id": 1,
    }  # fmt: skip
    people = {
        "nobody": None, "annotator": annotator, "newcomer": newcomer, "engineer": engineer, "steward": steward,
        "outsider": outsider,
    }  # fmt: skip
    return World(people, parts)


@pytest.fixture
def world(db: None) -> World:
    return build_world()
