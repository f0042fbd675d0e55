"""Candidate generation: real completions by the real stage, stored once, opened as items, resumed and cancelled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from annotation.models import Completion, Generation, Item
from byhand.jobs import worker
from byhand.jobs.models import Job
from byhand.jobs.services import request_cancel
from rewardmodel import generation
from rewardmodel.models import ModelVersion
from rewardmodel.services import Sampling, launch_generation, register_model
from tests.rewardmodel.conftest import World, make_world
from tests.rewardmodel.tiny import prompts

pytestmark = pytest.mark.slow

MANY = 240  # prompts: seconds of generating


@pytest.fixture
def ready(
    own_database: str, django_db_blocker: object, tiny_policy: Path
) -> Iterator[tuple[World, ModelVersion]]:
    """A project with eight prompts and a registered policy, in a database of its own."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        world = make_world(simulated=True)
        for text in prompts(8):
            world.prompt(text)
        policy = register_model(
            actor=world.engineer,
            organisation=world.organisation,
            folder=tiny_policy,
            name="tiny",
            kind="policy",
        )
        yield world, policy


def launch(world: World, policy: ModelVersion, **sampling: int) -> Job:
    asked = Sampling(k=4, **{"max_new_tokens": 8, "threads": 1, "batch_size": 2, **sampling})
    return launch_generation(
        actor=world.engineer, project_id=world.project.pk, policy_id=policy.pk, sampling=asked
    )


def add_prompts(world: World) -> None:
    """Make the job long enough that a kill or a cancel always finds it at work."""
    for text in prompts(MANY)[8:]:
        world.prompt(text)


def texts() -> list[tuple[int, int, str]]:
    return list(Completion.objects.order_by("prompt", "index").values_list("prompt", "index", "text"))


def test_it_works(ready: tuple[World, ModelVersion]) -> None:
    world, policy = ready
    job = launch(world, policy)
    assert worker.run(job.pk) == "succeeded"
    job.refresh_from_db()
    assert job.result["items_opened"] == 8
    assert (job.done, job.total) == (8, 8)
    assert Completion.objects.count() == 32
    assert Item.objects.filter(project=world.project).count() == 8
    made = Generation.objects.get()
    assert made.policy_digest == policy.digest
    assert made.finished_at is not None
    assert all(len(c.token_logprobs) > 0 for c in Completion.objects.all())


def test_a_second_generation_with_the_same_policy_has_nothing_to_do(
    ready: tuple[World, ModelVersion],
) -> None:
    world, policy = ready
    worker.run(launch(world, policy).pk)
    before = texts()
    again = launch(world, policy)
    assert worker.run(again.pk) == "succeeded"
    again.refresh_from_db()
    assert again.result["items_opened"] == 0
    assert texts() == before


def test_a_killed_process_goes_on_where_it_was(
    ready: tuple[World, ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, policy = ready
    add_prompts(world)
    undisturbed = launch(world, policy)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def spy(*args: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **options))  # type: ignore[call-overload]
        return started[-1]

    take = generation.Intake.take

    def take_and_kill(self: generation.Intake, *, at_least: int) -> None:
        """Store what is there; once some is written, kill the process of the first attempt with signal 9."""
        take(self, at_least=1)
        if self.stored >= 16 and len(started) == 1:
            os.kill(started[0].pid, signal.SIGKILL)

    monkeypatch.setattr("rewardmodel.runner.subprocess.Popen", spy)
    monkeypatch.setattr(generation.Intake, "take", take_and_kill)
    assert worker.run(undisturbed.pk) == "queued"
    kept = texts()
    assert 16 <= len(kept) < MANY * 4
    assert not Item.objects.exists()
    assert worker.run(undisturbed.pk) == "succeeded"
    undisturbed.refresh_from_db()
    assert undisturbed.attempt == 2
    assert len(texts()) == MANY * 4
    assert set(kept) <= set(texts())
    assert Item.objects.count() == MANY
    lines = (Path(settings.RUN_ROOT) / str(undisturbed.pk) / "completions-2.jsonl").read_text().splitlines()
    assert len({(row["prompt_id"], row["index"]) for row in map(json.loads, lines)}) == len(lines) == MANY * 4


def test_a_cancelled_generation_stops_and_opens_nothing(
    ready: tuple[World, ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, policy = ready
    add_prompts(world)
    job = launch(world, policy, batch_size=1)
    context_progress = worker.JobContext.progress

    def progress_then_cancel(self: worker.JobContext, done: int, total: int, message: str = "") -> None:
        context_progress(self, done, total, message)
        if done == 1:
            request_cancel(actor=world.engineer, job=job)
            self.renew()

    monkeypatch.setattr(worker.JobContext, "progress", progress_then_cancel)
    assert worker.run(job.pk) == "cancelled"
    assert not Item.objects.exists()


def test_a_changed_policy_is_refused_before_anything_runs(ready: tuple[World, ModelVersion]) -> None:
    world, policy = ready
    job = launch(world, policy)
    weights = Path(settings.MODEL_ROOT) / policy.digest / "model.safetensors"
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    assert worker.run(job.pk) == "failed"
    job.refresh_from_db()
    assert "model.safetensors: changed" in job.error
    assert not Generation.objects.exists()
