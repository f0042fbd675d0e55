"""Reward model and PPO by the real stages: a registered model with its lineage, gates judged, resumed after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from byhand.jobs import worker
from byhand.jobs.models import JobEvent
from byhand.jobs.services import request_cancel
from rewardmodel.models import GateResult, ModelVersion, Run, RunSegment
from rewardmodel.selectors import evaluations, lineage, made_by
from rewardmodel.services import freeze_dataset, launch_run, register_model, report_subject, samples_path
from rewardmodel.services.outcomes import adopt_segment
from tests.rewardmodel.conftest import World, make_world

pytestmark = pytest.mark.slow

REWARD: dict[str, Any] = {
    "kind": "reward", "name": "reward", "threads": 1, "base": "tiny", "dataset": "places", "epochs": 1, "folds": 2,
    "fold_epochs": 1, "max_length": 64, "max_new_tokens": 8,
}  # fmt: skip
PPO: dict[str, Any] = {
    "kind": "ppo", "name": "ppo", "threads": 1, "policy": "tiny", "reward_model": "reward", "dataset": "places",
    "updates": 4, "segment_updates": 2, "batch_size": 8, "response_length": 8, "ppo_epochs": 1, "lr": 1e-5,
}  # fmt: skip


@pytest.fixture
def ready(own_database: str, django_db_blocker: object, tiny_policy: Path) -> Iterator[World]:
    """Sixty rankings, frozen, and a registered policy, in a database of its own."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        world = make_world(simulated=True)
        world.ranked(60)
        freeze_dataset(actor=world.engineer, project_id=world.project.pk)
        register_model(
            actor=world.engineer,
            organisation=world.organisation,
            folder=tiny_policy,
            name="tiny",
            kind="policy",
        )
        yield world


def run_once(world: World, config: dict[str, Any]) -> tuple[str, Run]:
    run = launch_run(actor=world.engineer, config=config)
    state = worker.run(run.job.pk)
    run.refresh_from_db()
    run.job.refresh_from_db()
    return state, run


def with_reward_model(world: World) -> Run:
    state, run = run_once(world, REWARD)
    assert state == "succeeded", run.job.error
    return run


def test_from_rankings_to_a_policy_with_its_whole_lineage(ready: World) -> None:
    reward_run = with_reward_model(ready)
    reward = reward_run.outputs.get()
    assert (reward.kind, reward.name, reward.simulated) == ("reward", "reward", True)
    assert set(GateResult.objects.filter(run=reward_run).values_list("gate", flat=True)) == {"G0", "G1"}
    g0 = GateResult.objects.get(run=reward_run, gate="G0")
    assert not g0.passed
    assert g0.figures["reasons"][0] == "rankings is 60, needed at least 400: rank more prompts"

    state, run = run_once(ready, PPO)
    assert state == "succeeded", run.job.error
    policy = run.outputs.get()
    assert policy.parent is not None
    assert (policy.kind, policy.parent.name, policy.stage, policy.simulated) == (
        "policy",
        "tiny",
        "candidate",
        True,
    )
    assert (Path(settings.MODEL_ROOT) / policy.digest / "model.safetensors").is_file()
    assert list(run.segments.order_by("index").values_list("index", "fence")) == [(0, 1), (1, 1)]
    assert [e.data["step"] for e in JobEvent.objects.filter(job=run.job, kind="metrics").order_by("id")] == [
        1,
        2,
        3,
        4,
    ]
    assert run.metrics["updates"] == 4
    assert run.metrics["versions"]["trl"] == "1.12.0"
    assert GateResult.objects.filter(run=run, gate="G2").count() == 1

    evaluation = {"kind": "evaluate", "name": "eval", "threads": 1, "policy": "ppo", "reference": "tiny"}
    evaluation |= {"reward_model": "reward", "dataset": "places", "prompts": "all", "max_new_tokens": 8}
    state, evaluated = run_once(ready, evaluation)
    assert state == "succeeded", evaluated.job.error
    assert evaluated.metrics["prompts"] == 60
    assert len(evaluated.metrics["win_rate_ci"]) == 2
    rows = [json.loads(row) for row in samples_path(evaluated).read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 60
    assert {"prompt_id", "prompt", "policy", "reference", "policy_reward", "reference_reward"} <= set(rows[0])
    policy.refresh_from_db()
    assert policy.stage == "evaluated"
    assert evaluations(policy) == [evaluated]

    line = lineage(policy)
    assert [m.name for m in line.models] == ["ppo", "tiny", "reward"]
    assert {r.name for r in line.runs} == {"ppo", "reward"}
    subject = report_subject(policy)
    assert len(subject.direct_work) == 60
    assert subject.direct_work == {
        f"rank:{lease}" for lease in line.datasets[0].ballots.values_list("lease_id", flat=True)
    }
    assert subject.projects == (ready.project.pk,)
    assert subject.base.name == "tiny"
    assert subject.simulated
    assert subject.files["model.safetensors"] == policy.files.get(name="model.safetensors").sha256


def test_a_killed_ppo_process_resumes_to_the_same_weights(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_reward_model(ready)
    state, undisturbed = run_once(ready, {**PPO, "name": "undisturbed"})
    assert state == "succeeded", undisturbed.job.error
    killed = _kill_after_first_segment(monkeypatch)
    disturbed = launch_run(actor=ready.engineer, config={**PPO, "name": "disturbed"})
    assert worker.run(disturbed.job.pk) == "queued"
    assert killed == [1]
    assert list(RunSegment.objects.filter(run=disturbed).values_list("index", flat=True)) == [0]
    assert worker.run(disturbed.job.pk) == "succeeded"
    assert [e.data for e in JobEvent.objects.filter(job=disturbed.job, kind="resume")] == [
        {"from": "0.1", "attempt": 2}
    ]
    disturbed.refresh_from_db()
    made = undisturbed.outputs.get()
    assert (
        disturbed.metrics["digest"] == undisturbed.metrics["digest"] == made.digest
    )  # every byte of the folder
    assert made_by(disturbed) == [made]
    start = ModelVersion.objects.get(name="tiny").files.get(name="model.safetensors").sha256
    assert (
        made.files.get(name="model.safetensors").sha256 != start
    )  # negative control: the run did change the weights


def _kill_after_first_segment(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Kill the training process with signal 9 right after its first segment was adopted."""
    processes: list[subprocess.Popen[bytes]] = []
    killed: list[int] = []
    popen, adopt = subprocess.Popen, adopt_segment

    def spy(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        processes.append(popen(*args, **options))
        return processes[-1]

    def adopt_and_kill(**options: Any) -> RunSegment:
        segment = adopt(**options)
        if options["context"].attempt == 1:
            os.kill(processes[-1].pid, signal.SIGKILL)
            killed.append(1)
        return segment

    monkeypatch.setattr("rewardmodel.runner.subprocess.Popen", spy)
    monkeypatch.setattr("rewardmodel.training.adopt_segment", adopt_and_kill)
    return killed


def test_a_run_that_a_guard_stops_fails_with_the_figure_and_is_refused_by_g2(ready: World) -> None:
    with_reward_model(ready)
    guards = {"window": 1, "distinct_ratio": 1.0, "length_low": 1.0, "length_high": 1.0, "eos_drop": 0.0}
    state, run = run_once(ready, {**PPO, "guards": guards})
    assert state == "failed"
    assert "reference at step 0" in run.job.error
    verdict = GateResult.objects.get(run=run, gate="G2")
    assert not verdict.passed
    assert run.job.error.splitlines()[0] in verdict.figures["reasons"][0]
    assert not run.outputs.exists()


def test_a_cancelled_run_stops_and_registers_nothing(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_reward_model(ready)
    run = launch_run(actor=ready.engineer, config={**PPO, "updates": 2000})
    progress = worker.JobContext.progress

    def progress_then_cancel(self: worker.JobContext, done: int, total: int, message: str = "") -> None:
        progress(self, done, total, message)
        if done == 1:
            request_cancel(actor=ready.engineer, job=run.job)
            self.renew()

    monkeypatch.setattr(worker.JobContext, "progress", progress_then_cancel)
    assert worker.run(run.job.pk) == "cancelled"
    assert not run.outputs.exists()
    assert Run.objects.get(pk=run.pk).metrics == {}


def test_a_changed_dataset_is_refused_before_anything_runs(ready: World) -> None:
    run = launch_run(actor=ready.engineer, config=REWARD)
    assert run.dataset is not None
    rows = Path(settings.DATASET_ROOT) / run.dataset.digest / "train.jsonl"
    rows.chmod(0o644)
    rows.write_bytes(rows.read_bytes().replace(b"answer 0", b"answer 9", 1))
    assert worker.run(run.job.pk) == "failed"
    run.job.refresh_from_db()
    assert "train.jsonl changed since it was frozen" in run.job.error
    assert not run.outputs.exists()


def test_a_lost_lease_adopts_no_segment_and_kills_the_process(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_reward_model(ready)
    run = launch_run(actor=ready.engineer, config=PPO)
    processes: list[subprocess.Popen[bytes]] = []
    popen, adopt = subprocess.Popen, adopt_segment

    def spy(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        processes.append(popen(*args, **options))
        return processes[-1]

    def overtaken(**options: Any) -> RunSegment:
        type(run.job).objects.filter(pk=run.job.pk).update(fence=99)
        return adopt(**options)

    monkeypatch.setattr("rewardmodel.runner.subprocess.Popen", spy)
    monkeypatch.setattr("rewardmodel.training.adopt_segment", overtaken)
    assert worker.run(run.job.pk) == "fenced"
    assert not RunSegment.objects.exists()
    assert not run.outputs.exists()
    assert processes[-1].poll() == -signal.SIGKILL
