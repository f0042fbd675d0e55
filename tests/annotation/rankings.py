"""A project whose people have ranked, for tests of quality and of reviews: every ballot through the services."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from annotation.models import Ballot, Item, Lease
from annotation.services.quality import compute_quality, request_quality
from annotation.services.reviewers import name_reviewer
from annotation.services.submitting import submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import User
from byhand.jobs import services as jobs
from byhand.jobs.models import Job
from byhand.jobs.worker import JobContext
from tests.annotation.world import World, add_annotator
from wages.services.clock import start_work

Say = Callable[[Lease, User], Mapping[str, Any]]


def groups(*tiers: Sequence[int], **more: Any) -> dict[str, Any]:
    return {"groups": [list(tier) for tier in tiers], "unacceptable": [], **more}


def order(*indexes: int) -> dict[str, Any]:
    return groups(*([index] for index in indexes))


def rank_all(
    world: World, say: Say, workers: Sequence[User] | None = None, seconds: float = 60
) -> list[Ballot]:
    """Let each worker in turn rank all there is for them; `say` gives the answer to a lease."""
    made = []
    for worker in workers or world.annotators:
        moment = None
        while True:
            start_work(worker=worker, project_id=world.project.pk, tab="test", at=moment)
            lease = take_next(worker=worker, project=world.fresh(), at=moment)
            if lease is None:
                break
            moment = lease.taken_at + timedelta(seconds=seconds)
            made.append(give(worker, lease, say(lease, worker), moment))
    return made


def give(worker: User, lease: Lease, answer: Mapping[str, Any], at: Any = None) -> Ballot:
    result = submit_ballot(worker=worker, lease_id=lease.pk, answer=answer, key=uuid.uuid4().hex, at=at)
    return result.ballot


def measure(world: World) -> Job:
    """Compute the figures as the worker of jobs does, and return the ended job. Ballots lie up to hours ahead."""
    job = request_quality(actor=world.engineer, project=world.fresh())
    claim = jobs.claim(job_id=job.pk, worker="test")
    assert claim is not None
    later = timezone.now() + timedelta(days=1)
    result = compute_quality(JobContext(Job.objects.get(pk=job.pk)), as_of=later)
    jobs.finish(job_id=job.pk, fence=claim.fence, result=result)
    return Job.objects.get(pk=job.pk)


def disagreeing(world: World) -> list[Item]:
    """Let two people give opposite rankings of every item; return the items in order."""
    one, other = world.annotators[:2]
    rank_all(world, lambda lease, worker: order(0, 1, 2, 3), [one])
    rank_all(world, lambda lease, worker: order(3, 2, 1, 0), [other])
    return list(Item.objects.filter(project=world.project).order_by("pk"))


def add_reviewer(world: World, name: str = "reviewer") -> User:
    """Return somebody who takes part, has ranked nothing, and may review."""
    user = add_annotator(world, name)
    world.annotators.remove(user)
    name_reviewer(actor=world.engineer, project=world.fresh(), email=user.email)
    return user
