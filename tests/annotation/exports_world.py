"""A project with rankings of every kind, for tests of exports. Rows are made directly, without services."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from annotation.models import Ballot, BallotNote, CurrentBallot, Export, Item, Lease, Participation, Project
from annotation.ranking import Answer, answer_hash
from annotation.selectors.exports import folder_of
from annotation.services.exports import begin_export
from byhand.accounts.models import User
from byhand.jobs import worker as jobs
from tests.rewardmodel.conftest import World, make_user, make_world


@dataclass
class ExportWorld:
    """`people` rank; `items` are ranked."""

    base: World
    people: list[User] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    @property
    def engineer(self) -> User:
        return self.base.engineer

    @property
    def project(self) -> Project:
        return self.base.project

    def item(self, text: str, *, role: str = "rank", group: str = "") -> Item:
        item = self.base.item(self.base.prompt(text, group))
        Item.objects.filter(pk=item.pk).update(role=role)
        item.refresh_from_db()
        self.items.append(item)
        return item

    def ballot(
        self, item: Item, who: int, groups: list[list[int]], *, note: str = "", surplus: bool = False,
        repeat: bool = False, supersedes: Ballot | None = None, **parts: Any,
    ) -> Ballot:  # fmt: skip
        user, now, order = self.people[who], timezone.now(), list(range(self.project.k))
        lease = Lease.objects.create(
            project=self.project, item=item, worker=user, shown_order=order[::-1], state="submitted", repeat=repeat,
            taken_at=now - timedelta(minutes=2), expires_at=now + timedelta(hours=1), ended_at=now,
        )  # fmt: skip
        answer = Answer(
            groups=tuple(map(tuple, groups)),
            unranked=tuple(parts.get("unranked", ())),
            unacceptable=tuple(parts.get("unacceptable", ())),
            strengths=tuple(parts.get("strengths", ())),
        )
        ballot = Ballot.objects.create(
            lease=lease, item=item, worker=user, groups=groups, shown_order=lease.shown_order, surplus=surplus,
            unranked=parts.get("unranked", []), unacceptable=parts.get("unacceptable", []),
            strengths=parts.get("strengths", []), ratings=parts.get("ratings", {}), flags=parts.get("flags", []),
            key=uuid.uuid4().hex, answer_hash=answer_hash(answer), supersedes=supersedes, created_at=now,
        )  # fmt: skip
        if note:
            BallotNote.objects.create(ballot=ballot, text=note)
        if not surplus and not repeat:
            CurrentBallot.objects.update_or_create(item=item, worker=user, defaults={"ballot": ballot})
        return ballot


def make_export_world(*, people: int = 6, simulated: bool = True) -> ExportWorld:
    base = make_world(simulated=simulated)
    world = ExportWorld(base)
    for number in range(people):
        user = make_user(f"ranker{number}.", simulated=simulated)
        Participation.objects.create(
            project=base.project, user=user, simulated=simulated, pseudonym=f"heron-{number}",
            joined_at=timezone.now(),
        )  # fmt: skip
        world.people.append(user)
    return world


def ranked_world(*, people: int = 6, items: int = 12, simulated: bool = True) -> ExportWorld:
    """Every person ranks every item: 0 above 1 above 2 above 3, with a tie here and there."""
    world = make_export_world(people=people, simulated=simulated)
    for number in range(items):
        item = world.item(f"What is in box {number}?")
        for who in range(people):
            tie = (number + who) % 4 == 0
            groups = [[0, 1], [2], [3]] if tie else [[0], [1], [2], [3]]
            world.ballot(item, who, groups, strengths=["clear"] * (len(groups) - 1))
    return world


def begin(world: ExportWorld, file_format: str, export_class: str = "internal", **options: Any) -> Export:
    return begin_export(
        actor=world.engineer, project=world.project, key=uuid.uuid4().hex,
        body={"format": file_format, "class": export_class, **options},
    )  # fmt: skip


def run(export: Export) -> str:
    return jobs.run(export.job_id)


def made(world: ExportWorld, file_format: str, export_class: str = "internal", **options: Any) -> Path:
    """Make an export and return the folder of its files."""
    export = begin(world, file_format, export_class, **options)
    state = run(export)
    export.job.refresh_from_db()
    assert state == "succeeded", export.job.error
    return folder_of(export.result)


def exported_folders() -> list[str]:
    top = Path(settings.EXPORT_ROOT)
    return sorted(path.name for path in top.iterdir()) if top.is_dir() else []
