"""Invariant: a PPO run whose Celery worker is killed goes on at its last segment and ends with the same weights.

A real worker, a real broker, the real sweeper; the orphaned training process ends by its lifeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from byhand.jobs import services
from byhand.jobs.models import JobEvent
from rewardmodel.models import ModelVersion, Run, RunSegment
from rewardmodel.services import freeze_dataset, launch_run, register_model
from tests.faults.support import wait_state
from tests.fixtures_processes import CeleryWorker, eventually
from tests.rewardmodel.conftest import World, make_world
from tests.rewardmodel.test_training_job import PPO, REWARD
from tests.rewardmodel.tiny import make_policy

pytestmark = [pytest.mark.broker, pytest.mark.slow]
Workers = Callable[..., CeleryWorker]
# a policy that has learned next to nothing wanders; here only resuming is judged, not what it learns
LOOSE = {"length_low": 0, "length_high": 100, "eos_drop": 1, "distinct_ratio": 0}
LONG = {**PPO, "updates": 4, "segment_updates": 1, "guards": LOOSE}


@pytest.fixture
def ready(own_database: str, django_db_blocker: object, tmp_path: Path) -> Iterator[World]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        world = make_world(simulated=True)
        world.ranked(60)
        freeze_dataset(actor=world.engineer, project_id=world.project.pk)
        (tmp_path / "tiny").mkdir()
        register_model(
            actor=world.engineer, organisation=world.organisation, folder=make_policy(tmp_path / "tiny"), name="tiny",
            kind="policy",
        )  # fmt: skip
        yield world


def finished(world: World, config: dict[str, Any]) -> Run:
    run = launch_run(actor=world.engineer, config=config)
    wait_end(run)
    return run


def wait_end(run: Run) -> None:
    def ended() -> bool:
        services.sweep()
        run.job.refresh_from_db()
        return run.job.state in ("succeeded", "failed", "cancelled")

    eventually(ended, f"{run} to end", 400)
    assert run.job.state == "succeeded", run.job.error
    run.refresh_from_db()


def stage_process(run: Run) -> Path:
    """Return the /proc folder of a run's training process: the one whose command line names the run's folder."""
    wanted = str(run.job_id).encode()
    found = [path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if wanted in _read(path)]
    assert len(found) == 1
    return found[0]


def has_ended(process: Path) -> bool:
    """Whether it is gone, or only waits for its exit status to be read."""
    status = _read(process / "status")
    return not status or b"State:\tZ" in status


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended while we looked
        return b""


def test_a_killed_gpu_worker_is_followed_by_the_same_weights(ready: World, celery_worker: Workers) -> None:
    worker = celery_worker("gpu", lease_seconds=10)
    finished(ready, REWARD)
    undisturbed = finished(ready, {**LONG, "name": "undisturbed"})

    run = launch_run(actor=ready.engineer, config={**LONG, "name": "disturbed"})
    eventually(lambda: RunSegment.objects.filter(run=run, index__gte=0).exists(), "the first segment", 300)
    orphan = stage_process(run)
    worker.kill()
    eventually(lambda: has_ended(orphan), "the orphan to end", 30)
    kept = RunSegment.objects.filter(run=run).latest("index").index
    assert kept < 3  # it was killed in the middle
    assert not run.outputs.exists()

    wait_state(run.job, "queued")
    celery_worker("gpu", lease_seconds=10)
    wait_end(run)
    assert run.job.attempt == 2
    resume = JobEvent.objects.get(job=run.job, kind="resume").data
    assert resume == {"from": f"{kept}.1", "attempt": 2}
    fences = list(run.segments.order_by("index").values_list("fence", flat=True))
    assert fences == [1] * (kept + 1) + [2] * (3 - kept)
    assert run.metrics["digest"] == undisturbed.metrics["digest"]
    start = ModelVersion.objects.get(name="tiny").files.get(name="model.safetensors").sha256
    made = ModelVersion.objects.get(digest=run.metrics["digest"]).files.get(name="model.safetensors").sha256
    assert made != start  # negative control: training did change the weights
