"""An organisation with an engineer and a steward, a project with ranked items, and model folders made by hand."""

from __future__ import annotations

import hashlib
import itertools
import json
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import timezone

from annotation.models import (
    Ballot,
    Completion,
    CurrentBallot,
    Generation,
    Item,
    Lease,
    Participation,
    Project,
    Prompt,
    PromptImport,
    Source,
)
from byhand.accounts.models import Membership, Organisation, Role, User
from tests.rewardmodel.tiny import make_policy

_numbers = itertools.count(1)


def make_user(name: str, *, simulated: bool = False) -> User:
    return User.objects.create(email=f"{name}{next(_numbers)}@example.org", simulated=simulated)


@dataclass
class World:
    """Who and what a test works with. Rows are made directly: the services of other packages have their own tests."""

    organisation: Organisation
    engineer: User
    steward: User
    annotator: User
    project: Project

    def prompt(self, text: str, group: str = "") -> Prompt:
        source = PromptImport.objects.filter(project=self.project).first() or self.prompt_import()
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Prompt.objects.create(
            project=self.project,
            prompt_import=source,
            line=1,
            text=text,
            sha256=digest,
            prompt_group=group or digest[:16],
        )

    def prompt_import(self) -> PromptImport:
        source = Source.objects.create(
            project=self.project, title="test", creator="test", licence="CC0-1.0", consent="own_work",
            created_by=self.engineer,
        )  # fmt: skip
        return PromptImport.objects.create(
            project=self.project, source=source, filename="p.jsonl", sha256="0" * 64, file_format="jsonl", rows=1,
            created_by=self.engineer, published_at=timezone.now(),
        )  # fmt: skip

    def item(self, prompt: Prompt) -> Item:
        generation = Generation.objects.filter(project=self.project).first() or Generation.objects.create(
            project=self.project, job_id=uuid.uuid4(), policy_digest="a" * 64, policy_name="base"
        )
        Completion.objects.bulk_create(
            Completion(
                generation=generation, prompt=prompt, index=i, text=f"{prompt.text} answer {i}", seed=i,
                finish_reason="eos",
            )
            for i in range(self.project.k)
        )  # fmt: skip
        return Item.objects.create(
            project=self.project, prompt=prompt, generation=generation, overlap=self.project.overlap
        )

    def ballot(
        self,
        item: Item,
        groups: list[list[int]],
        *,
        unacceptable: list[int] | None = None,
        unranked: list[int] | None = None,
        worker: User | None = None,
        surplus: bool = False,
        repeat: bool = False,
    ) -> Ballot:
        worker, now = worker or self.annotator, timezone.now()
        Participation.objects.get_or_create(
            project=self.project, user=worker,
            defaults={"simulated": worker.simulated, "pseudonym": f"p{worker.pk}", "joined_at": now},
        )  # fmt: skip
        lease = Lease.objects.create(
            project=self.project, item=item, worker=worker, shown_order=list(range(self.project.k)), state="submitted",
            taken_at=now, expires_at=now, ended_at=now, repeat=repeat,
        )  # fmt: skip
        ballot = Ballot.objects.create(
            lease=lease, item=item, worker=worker, groups=groups, unacceptable=unacceptable or [], created_at=now,
            unranked=unranked or [], shown_order=lease.shown_order, key=uuid.uuid4().hex,
            answer_hash="0" * 64, surplus=surplus,
        )  # fmt: skip
        if not repeat:
            CurrentBallot.objects.create(item=item, worker=worker, ballot=ballot)
        return ballot

    def ranked(self, prompts: int) -> list[Ballot]:
        """Rank `prompts` prompts, each by one person."""
        return [
            self.ballot(self.item(self.prompt(f"prompt {i}")), [[0], [1], [2], [3]]) for i in range(prompts)
        ]


def make_world(*, simulated: bool = False) -> World:
    number = next(_numbers)
    organisation = Organisation.objects.create(
        name=f"Lab {number}", slug=f"lab-{number}", country="KE", simulated=simulated
    )
    engineer, steward, annotator = (
        make_user(n, simulated=simulated) for n in ("engineer", "steward", "annotator")
    )
    Membership.objects.create(
        user=engineer, organisation=organisation, role=Role.ENGINEER, simulated=simulated
    )
    Membership.objects.create(user=steward, organisation=organisation, role=Role.STEWARD, simulated=simulated)
    project = Project.objects.create(
        organisation=organisation,
        title="Places",
        slug="places",
        simulated=simulated,
        k=4,
        overlap=1,
        created_by=engineer,
    )
    return World(organisation, engineer, steward, annotator, project)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def simulated_world(db: None) -> World:
    return make_world(simulated=True)


def safetensors(value: float = 1.0) -> bytes:
    """Return the bytes of a safetensors file with one weight."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack("<f", value)


def make_folder(path: Path, value: float = 1.0) -> Path:
    """Make a model folder as somebody downloads it: config and weights, no manifest yet."""
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"model_type": "llama"}')
    (path / "model.safetensors").write_bytes(safetensors(value))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "incoming" / "tiny")


@pytest.fixture(scope="session")
def tiny_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real, tiny policy."""
    return make_policy(tmp_path_factory.mktemp("tiny"))
