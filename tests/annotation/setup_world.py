"""What tests of the set-up need beside `world`: known answers, a qualification, a pilot, a worker at their page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from annotation.models import Item, Lease, Project
from annotation.services.gold import add_qualification_item
from annotation.services.piloting import start_pilot
from annotation.services.projects import edit_project
from annotation.services.submitting import SubmitResult, submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import User
from tests.annotation.world import World, add_annotator, fill, fund, make_draft
from wages.services.clock import start_work

SUPPORT = "Ask the desk of Lake Lab, Monday to Friday: +254 700 000 000"
WHY = "The first answer says what was asked; the last one insults the person who asked."


def change(world: World, **changes: Any) -> Project:
    return edit_project(actor=world.engineer, project=world.project, changes=changes)


def qualify_with(
    world: World, items: Sequence[Item], *, better: Sequence[Sequence[int]] = ((0, 1), (1, 2)),
    unacceptable: Sequence[int] = (3,), percent: int = 100,
) -> None:  # fmt: skip
    """Ask for a qualification over these items; each has three points."""
    change(world, qualification_pass_percent=percent, support_contact=SUPPORT)
    for item in items:
        add_qualification_item(
            actor=world.engineer, item=item, better=[list(pair) for pair in better],
            unacceptable=list(unacceptable), explanation=WHY,
        )  # fmt: skip


def items_of(world: World) -> list[Item]:
    return list(Item.objects.filter(project=world.project).order_by("pk"))


def begin(world: World, worker: User, at: datetime | None = None) -> Lease | None:
    """Start the worker's clock and take what is next."""
    start_work(worker=worker, project_id=world.project.pk, tab="test", at=at)
    return take_next(worker=worker, project=world.fresh(), tab="test", at=at)


RIGHT = {"groups": [[0], [1], [2]], "unacceptable": [3]}
WRONG = {"groups": [[2], [1], [0], [3]], "unacceptable": []}


def answer(
    worker: User, lease: Lease, body: Mapping[str, Any] = RIGHT, at: datetime | None = None
) -> SubmitResult:
    return submit_ballot(worker=worker, lease_id=lease.pk, answer=body, key=uuid.uuid4().hex, at=at)


def real_world(*, items: int = 12, pilot_ballots: int = 10, fund_micro: int = 10**12) -> World:
    """A project of real people, funded and with one annotator, not yet piloted."""
    world = make_draft(simulated=False, slug="real-lab")
    change(world, pilot_ballots=pilot_ballots)
    fill(world, items)
    fund(world, fund_micro)
    return world


def run_pilot(world: World, worker: User, seconds: Sequence[int], start: datetime) -> datetime:
    """Rank one item for each entry of `seconds`, taking so long; return when the last one was handed in."""
    now = start
    for took in seconds:
        lease = begin(world, worker, now)
        assert lease is not None
        now += timedelta(seconds=took)
        answer(worker, lease, at=now)
    return now


def piloted(world: World, seconds: Sequence[int], start: datetime) -> tuple[User, datetime]:
    """Start the pilot and let one person do all of it."""
    start_pilot(actor=world.engineer, project=world.project)
    worker = add_annotator(world, "pilot")
    return worker, run_pilot(world, worker, seconds, start)
