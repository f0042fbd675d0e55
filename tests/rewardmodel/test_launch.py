"""Launching a run: every mistake at once and nothing written, or one run with its whole record."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from byhand.audit.models import AuditEvent
from byhand.errors import NotAllowed
from byhand.jobs.models import Job
from rewardmodel.errors import ConfigRefused
from rewardmodel.models import ModelVersion, PreferenceDataset, Run
from rewardmodel.services import freeze_dataset, launch_run, register_model
from tests.rewardmodel.conftest import World, make_folder, make_world


@pytest.fixture
def ready(world: World, tmp_path: Path) -> World:
    """A project with a frozen dataset of 40 rankings, a policy and a reward model."""
    world.ranked(40)
    freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    for value, (name, kind) in enumerate([("tiny", "policy"), ("tiny-reward", "reward")]):
        folder = make_folder(tmp_path / name, float(value))
        register_model(
            actor=world.engineer, organisation=world.organisation, folder=folder, name=name, kind=kind
        )
    return world


PPO: dict[str, Any] = {
    "kind": "ppo", "name": "ppo-1", "policy": "tiny", "reward_model": "tiny-reward", "dataset": "places",
    "updates": 4, "segment_updates": 2, "batch_size": 8,
}  # fmt: skip


def refused(world: World, config: str | dict[str, Any], **more: Any) -> list[str]:
    """Assert that the config is refused and nothing was written; return its problems."""
    audited = AuditEvent.objects.count()
    with pytest.raises(ConfigRefused) as caught:
        launch_run(actor=world.engineer, config=config, **more)
    assert not Run.objects.exists()
    assert not Job.objects.exists()
    assert AuditEvent.objects.count() == audited
    return caught.value.problems


def test_it_works(ready: World) -> None:
    run = launch_run(actor=ready.engineer, config=PPO)
    assert (run.kind, run.state, run.job.queue) == ("ppo", "queued", "gpu")
    assert run.base is not None
    assert (run.base.name, run.reference, run.reward_model.name if run.reward_model else "") == (
        "tiny", run.base, "tiny-reward",
    )  # fmt: skip
    assert run.dataset == PreferenceDataset.objects.get()
    assert run.record["energy"] == "not_measured"
    assert run.record["packages"]["trl"] == "1.12.0"
    assert set(run.record["code"]) == {"commit", "dirty"}
    assert len(run.config_sha256) == 64
    assert run.config["lr"] == 4e-4


def test_five_mistakes_of_form_and_of_content_are_listed_at_once(ready: World) -> None:
    config = """kind: ppo
name: ppo-1
policy: tinny
reward_model: tiny-reward
dataset: places
batch_size: 4096
updates: 10
segment_updates: 0
lr: 12
temprature: 1
"""
    problems = refused(ready, config)
    assert len(problems) == 5
    assert problems[0] == "line 3: policy: No policy model 'tinny' is registered. Registered: tiny."
    assert problems[1].startswith("line 6: batch_size: 4096 episodes in a batch need as many prompts")
    assert problems[2].startswith("line 8: segment_updates: ")
    assert problems[3].startswith("line 9: lr: 12.0 is above 0.1")
    assert problems[4] == "line 10: temprature: Unknown field; did you mean temperature?"


def test_a_dataset_smaller_than_a_batch_is_refused_with_the_figure(ready: World) -> None:
    train = PreferenceDataset.objects.get().manifest["counts"]["splits"]["train"]["prompts"]
    (problem,) = refused(ready, {**PPO, "batch_size": train + 1})
    assert f"write at most {train}" in problem
    assert launch_run(actor=ready.engineer, config={**PPO, "batch_size": train}).config["batch_size"] == train


def test_a_missing_model_folder_is_refused(ready: World) -> None:
    policy = ModelVersion.objects.get(name="tiny")
    shutil.rmtree(Path(settings.MODEL_ROOT) / policy.digest)
    (problem,) = refused(ready, PPO)
    assert "The folder of 'tiny' lacks" in problem


def test_a_policy_is_no_reward_model(ready: World) -> None:
    (problem,) = refused(ready, {**PPO, "reward_model": "tiny"})
    assert "No reward model 'tiny' is registered" in problem


def test_a_name_that_is_taken_is_refused(ready: World) -> None:
    (problem,) = refused(ready, {**PPO, "name": "tiny"})
    assert "is named 'tiny' already" in problem


@pytest.mark.parametrize("corpus", ["../secrets.jsonl", "/etc/passwd", "nowhere.jsonl"])
def test_a_corpus_outside_dataset_root_is_refused(ready: World, corpus: str) -> None:
    (Path(settings.DATASET_ROOT).parent / "secrets.jsonl").write_text("{}")
    (problem,) = refused(ready, {"kind": "sft", "name": "s", "corpus": corpus})
    assert "corpus" in problem


def test_models_of_another_organisation_are_not_found(ready: World) -> None:
    stranger = make_world()
    problems = refused(stranger, PPO)
    assert [problem.split(": ")[1] for problem in problems] == ["policy", "reward_model", "dataset"]
    assert all("tiny-reward" not in problem.split("Registered")[-1] for problem in problems)


@pytest.mark.parametrize("who", ["steward", "annotator"])
def test_only_an_engineer_launches(ready: World, who: str) -> None:
    with pytest.raises(NotAllowed):
        launch_run(actor=getattr(ready, who), organisation=ready.organisation, config=PPO)
    assert not Run.objects.exists()
    assert not Job.objects.exists()


def test_the_same_key_twice_is_one_run(ready: World) -> None:
    first = launch_run(actor=ready.engineer, config=PPO, key="form-1")
    assert launch_run(actor=ready.engineer, config=PPO, key="form-1").pk == first.pk
    assert (Run.objects.count(), Job.objects.count()) == (1, 1)


def test_the_same_key_with_another_config_is_refused(ready: World) -> None:
    launch_run(actor=ready.engineer, config=PPO, key="form-1")
    with pytest.raises(ConfigRefused, match="another config"):
        launch_run(actor=ready.engineer, config={**PPO, "seed": 2}, key="form-1")
    assert (Run.objects.count(), Job.objects.count()) == (1, 1)


def test_a_run_on_simulated_data_is_simulated(simulated_world: World, tmp_path: Path) -> None:
    world = simulated_world
    world.ranked(40)
    freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    folder = make_folder(tmp_path / "m")
    register_model(
        actor=world.engineer, organisation=world.organisation, folder=folder, name="tiny", kind="policy"
    )
    config = {"kind": "reward", "name": "r", "base": "tiny", "dataset": "places"}
    assert launch_run(actor=world.engineer, config=config).simulated


@pytest.mark.parametrize(
    "change", ["config = '{}'", "record = '{}'", "name = 'x'", "base_id = NULL", "simulated = true"]
)
def test_the_database_refuses_a_changed_record(ready: World, change: str) -> None:
    run = launch_run(actor=ready.engineer, config=PPO)
    with (
        pytest.raises(IntegrityError, match="never change"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE rewardmodel_run SET {change}")  # noqa: S608
    run.refresh_from_db()
    assert (run.name, run.simulated, run.config["kind"]) == ("ppo-1", False, "ppo")


def test_the_outcome_of_a_run_is_written_once(ready: World) -> None:
    run = launch_run(actor=ready.engineer, config=PPO)
    Run.objects.filter(pk=run.pk).update(metrics={"kl": 1})
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(metrics={"kl": 2})
    run.refresh_from_db()
    assert run.metrics == {"kl": 1}
