"""A small project made by the real services, for tests of annotation. Simulated people and play money."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass, field

from annotation.models import DocumentKind, Generation, Item, Lease, Participation, Project
from annotation.selectors import current_document
from annotation.services.completions import (
    GeneratedCompletion,
    begin_generation,
    finish_generation,
    store_completions,
)
from annotation.services.documents import accept_document
from annotation.services.imports import Source, import_prompts
from annotation.services.participation import join_project
from annotation.services.projects import create_project, publish_project
from annotation.services.taking import take_next
from byhand.accounts.models import Organisation, Role, User
from byhand.accounts.services import add_member, create_organisation, create_user, invite, join_by_invitation
from wages.services.clock import start_work
from wages.services.projects import approve_deposit, deposit, fund_simulated, name_payer, set_terms

HOURLY = 22_200_000
SOURCE = Source("written for this test", "the test", "CC0-1.0", "own_work")
LONG_ENOUGH = "An answer that is long enough to be read, with a second sentence to weigh."


@dataclass
class World:
    """The organisation, its people and one project. `annotators` have joined and accepted."""

    organisation: Organisation
    engineer: User
    steward: User
    project: Project
    annotators: list[User] = field(default_factory=list)

    @property
    def worker(self) -> User:
        return self.annotators[0]

    def fresh(self) -> Project:
        return Project.objects.get(pk=self.project.pk)


def person(name: str, simulated: bool = True) -> User:
    return create_user(email=f"{name}@example.org", password=None, name=name, simulated=simulated)


def prompts_file(count: int) -> io.BytesIO:
    rows = (
        json.dumps({"prompt": f"Prompt number {n}: what is the capital of place {n}?"})
        for n in range(1, count + 1)
    )
    return io.BytesIO("\n".join(rows).encode())


def make_draft(*, k: int = 4, overlap: int = 1, simulated: bool = True, slug: str = "lake-lab") -> World:
    organisation = create_organisation(name="Lake Lab", slug=slug, country="KE", simulated=simulated)
    engineer, steward = person(f"engineer.{slug}", simulated), person(f"steward.{slug}", simulated)
    add_member(actor=None, user=engineer, organisation=organisation, role=Role.ENGINEER)
    add_member(actor=None, user=steward, organisation=organisation, role=Role.STEWARD)
    project = create_project(
        actor=engineer, organisation=organisation, title="Capitals", k=k, overlap=overlap, currency="USD",
        hourly_micro=HOURLY, declared_floor_micro=15_000_000, simulated=simulated,
        more={"pilot_ballots": 0} if simulated else {},
    )  # fmt: skip
    return World(organisation, engineer, steward, project)


def fill(world: World, items: int, texts: list[str] | None = None) -> None:
    """Import prompts and give each its completions, as the generation job does."""
    import_prompts(
        actor=world.engineer,
        project=world.project,
        filename="prompts.jsonl",
        stream=prompts_file(items),
        source=SOURCE,
    )
    generate(world, texts)


def generate(world: World, texts: list[str] | None = None, digest: str = "a" * 64) -> Generation:
    generation = begin_generation(
        project_id=world.project.pk,
        job_id=uuid.uuid4(),
        policy_digest=digest,
        policy_name="tiny",
        sampling={"seed": 1},
    )
    rows = [
        GeneratedCompletion(
            prompt,
            index,
            texts[index] if texts else f"Completion {index}. {LONG_ENOUGH}",
            index,
            [-0.5, -0.25],
            "stop",
        )
        for prompt in world.project.prompts.order_by("pk").values_list("pk", flat=True)
        for index in range(world.project.k)
    ]
    store_completions(generation_id=generation.pk, rows=rows)
    finish_generation(generation_id=generation.pk)
    return generation


def fund(world: World, amount_micro: int = 10**12) -> None:
    name_payer(
        actor=world.steward,
        project_id=world.project.pk,
        legal_entity="Lake Lab Ltd",
        country="KE",
        relation="contractor",
    )
    set_terms(actor=world.steward, project_id=world.project.pk, countries=["DK"])
    if world.project.simulated:
        fund_simulated(project_id=world.project.pk, amount_micro=amount_micro, key=f"fund-{world.project.pk}")
        return
    second = person(f"second.steward.{world.organisation.slug}", simulated=False)
    add_member(actor=None, user=second, organisation=world.organisation, role=Role.STEWARD)
    made = deposit(
        actor=world.steward, project_id=world.project.pk, amount_micro=amount_micro,
        evidence="written for this test", key=f"fund-{world.project.pk}",
    )  # fmt: skip
    approve_deposit(actor=second, deposit_id=made.pk)


def add_annotator(world: World, name: str, *, ready: bool = True) -> User:
    user = person(name, world.project.simulated)
    _, link = invite(
        actor=world.engineer, organisation=world.organisation, role=Role.ANNOTATOR, project=world.project.pk
    )
    join_by_invitation(token=link.rstrip("/").rpartition("/")[2], user=user)
    if ready:
        join_project(user=user, project_id=world.project.pk)
        accept_all(world, user)
    world.annotators.append(user)
    return user


def accept_all(world: World, user: User) -> None:
    for kind in DocumentKind.values:
        document = current_document(world.project.pk, kind)
        assert document is not None
        accept_document(user=user, document_id=document.pk)


def make_open(
    *, k: int = 4, overlap: int = 1, items: int = 1, annotators: int = 1, texts: list[str] | None = None
) -> World:
    world = make_draft(k=k, overlap=overlap)
    fill(world, items, texts)
    fund(world)
    publish_project(actor=world.engineer, project=world.project)
    for number in range(annotators):
        add_annotator(world, f"worker{number}")
    return world


def take(world: World, worker: User | None = None) -> Lease:
    """Start the worker's clock and take the next item."""
    who = worker or world.worker
    start_work(worker=who, project_id=world.project.pk, tab="test")
    lease = take_next(worker=who, project=world.fresh())
    assert lease is not None
    return lease


def only_item(world: World) -> Item:
    return Item.objects.get(project=world.project)


def people(world: World) -> int:
    return Participation.objects.filter(project=world.project).count()
