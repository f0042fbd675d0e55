"""`register_model` and `train` in a terminal: what they print, and that a refusal writes nothing."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from byhand.jobs.models import Job
from rewardmodel.models import ModelVersion, Run
from rewardmodel.services import freeze_dataset
from tests.rewardmodel.conftest import World, make_folder, make_world


def command(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_register_model_prints_the_digest(world: World, folder: Path) -> None:
    said = command("register_model", str(folder), "--name", "tiny", "--kind", "policy")
    assert said == f"tiny: {ModelVersion.objects.get().digest}\n"


def test_register_model_refuses_a_pickle(world: World, folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"\x80")
    with pytest.raises(CommandError, match=r"pytorch_model\.bin"):
        command("register_model", str(folder), "--name", "tiny", "--kind", "policy")
    assert not ModelVersion.objects.exists()


def test_several_organisations_need_a_name(world: World, folder: Path) -> None:
    other = make_world()
    with pytest.raises(CommandError, match=other.organisation.slug):
        command("register_model", str(folder), "--name", "tiny", "--kind", "policy")
    assert not ModelVersion.objects.exists()
    slug = other.organisation.slug
    command("register_model", str(folder), "--name", "tiny", "--kind", "policy", "--organisation", slug)
    assert ModelVersion.objects.get().organisation == other.organisation


def test_train_starts_a_run_from_a_file(world: World, tmp_path: Path) -> None:
    world.ranked(40)
    freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    command("register_model", str(make_folder(tmp_path / "m")), "--name", "tiny", "--kind", "policy")
    config = tmp_path / "reward.yaml"
    config.write_text("kind: reward\nname: r\nbase: tiny\ndataset: places\n")
    said = command("train", "reward", str(config))
    run = Run.objects.get()
    assert str(run.pk) in said
    assert (run.launched_by, run.job.kind) == (world.engineer, "rewardmodel.train")


def test_train_lists_every_mistake_and_starts_nothing(world: World, tmp_path: Path) -> None:
    config = tmp_path / "ppo.yaml"
    config.write_text("kind: reward\nname: r\nbase: nope\ndataset: nope\nlr: 9\n")
    with pytest.raises(CommandError) as refused:
        command("train", "ppo", str(config))
    assert [line.split(":")[1].strip() for line in str(refused.value).splitlines()[1:]] == [
        "kind",
        "base",
        "dataset",
        "lr",
    ]
    assert not Run.objects.exists()
    assert not Job.objects.exists()


def test_train_says_that_a_file_is_missing(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        command("train", "ppo", str(tmp_path / "nowhere.yaml"))
