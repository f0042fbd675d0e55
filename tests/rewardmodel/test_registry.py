"""A model version is a verified, content-addressed folder: whatever could run code or changed is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from byhand.errors import NotAllowed
from rewardmodel.errors import ModelFolderRefused, ModelNameTaken, StageRefused
from rewardmodel.ml.manifest import write_manifest
from rewardmodel.models import ModelFile, ModelVersion
from rewardmodel.selectors import by_any_digest
from rewardmodel.services import register_model, set_stage, verify_stored
from tests.rewardmodel.conftest import World, make_folder, make_world


def register(world: World, folder: Path, name: str = "tiny", **more: Any) -> ModelVersion:
    return register_model(
        actor=world.engineer, organisation=world.organisation, folder=folder, name=name, kind="policy", **more
    )


def refused(world: World, folder: Path) -> str:
    """Assert that the folder is refused and that neither a row nor a file came of it; return why."""
    with pytest.raises(ModelFolderRefused) as caught:
        register(world, folder)
    assert not ModelVersion.objects.exists()
    assert not ModelFile.objects.exists()
    root = Path(settings.MODEL_ROOT)
    assert not root.exists() or list(root.iterdir()) == []
    return caught.value.message


def test_it_works(world: World, folder: Path) -> None:
    version = register(world, folder)
    stored = Path(settings.MODEL_ROOT) / version.digest
    assert sorted(path.name for path in stored.iterdir()) == [
        "config.json",
        "manifest.json",
        "model.safetensors",
    ]
    assert (stored / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert version.stage == "candidate"
    assert not (folder / "manifest.json").exists()  # the source is left as it was


def test_the_same_folder_twice_is_one_version(world: World, folder: Path) -> None:
    first = register(world, folder)
    stored = Path(settings.MODEL_ROOT) / first.digest / "model.safetensors"
    written = stored.stat().st_mtime_ns
    assert register(world, folder, name="another name").pk == first.pk
    assert stored.stat().st_mtime_ns == written
    assert ModelVersion.objects.count() == 1


def test_another_model_cant_take_a_name(world: World, folder: Path, tmp_path: Path) -> None:
    register(world, folder)
    with pytest.raises(ModelNameTaken):
        register(world, make_folder(tmp_path / "other", 2.0))
    assert ModelVersion.objects.count() == 1


def test_a_missing_folder_is_refused(world: World, tmp_path: Path) -> None:
    assert "is not a folder" in refused(world, tmp_path / "nowhere")


def test_a_linked_folder_is_refused(world: World, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert "is not a folder" in refused(world, tmp_path / "link")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "extra.pkl"])
def test_a_pickle_is_refused(world: World, folder: Path, name: str) -> None:
    (folder / name).write_bytes(pickle.dumps({"w": 1}))
    assert name in refused(world, folder)


def test_a_pickle_named_safetensors_is_refused(world: World, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps({"w": 1}))
    assert "is no safetensors file" in refused(world, folder)


def test_code_is_refused(world: World, folder: Path) -> None:
    (folder / "modeling_evil.py").write_text("print('hello')")
    assert "modeling_evil.py" in refused(world, folder)


def test_auto_map_is_refused(world: World, folder: Path) -> None:
    (folder / "config.json").write_text('{"auto_map": {"AutoModel": "evil--repo.Model"}}')
    assert "auto_map" in refused(world, folder)


def test_a_symlink_is_refused(world: World, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    (folder / "tokenizer.json").symlink_to(secret)
    assert "tokenizer.json is not a plain file" in refused(world, folder)


def test_a_path_that_leads_out_is_refused(world: World, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text("{}")
    manifest = write_manifest(folder, kind="policy", lineage={})
    body = json.loads(manifest.canonical_bytes())
    body["files"]["../outside.json"] = {"sha256": "0" * 64, "bytes": 2}
    (folder / "manifest.json").write_text(json.dumps(body))
    assert "../outside.json" in refused(world, folder)


def test_a_changed_byte_is_refused(world: World, folder: Path) -> None:
    write_manifest(folder, kind="policy", lineage={})
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert "changed since the manifest was written" in refused(world, folder)


def test_a_folder_of_another_kind_is_refused(world: World, folder: Path) -> None:
    write_manifest(folder, kind="reward", lineage={})
    assert "reward" in refused(world, folder)


def test_a_byte_that_changes_after_registration_is_seen(world: World, folder: Path) -> None:
    version = register(world, folder)
    stored = Path(settings.MODEL_ROOT) / version.digest / "model.safetensors"
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ModelFolderRefused, match=r"model\.safetensors: changed"):
        verify_stored(version)


def test_a_version_whose_folder_is_gone_says_so(world: World, folder: Path) -> None:
    version = register(world, folder)
    (Path(settings.MODEL_ROOT) / version.digest).rename(Path(settings.MODEL_ROOT) / "moved")
    with pytest.raises(ModelFolderRefused, match="is missing"):
        verify_stored(version)


def test_only_an_engineer_registers(world: World, folder: Path) -> None:
    with pytest.raises(NotAllowed):
        register_model(
            actor=world.steward, organisation=world.organisation, folder=folder, name="x", kind="policy"
        )
    assert not ModelVersion.objects.exists()
    assert not Path(settings.MODEL_ROOT).exists()


def test_any_listed_file_finds_the_model(world: World, folder: Path) -> None:
    version = register(world, folder)
    weights = version.files.get(name="model.safetensors")
    assert by_any_digest(weights.sha256) == [version]
    assert by_any_digest(version.digest) == [version]
    assert by_any_digest("f" * 64) == []


def test_two_organisations_may_hold_the_same_model(world: World, folder: Path) -> None:
    other = make_world()
    first, second = register(world, folder), register(other, folder)
    assert first.digest == second.digest
    assert by_any_digest(first.digest) == [first, second]


def test_a_model_of_a_simulated_organisation_is_simulated(simulated_world: World, folder: Path) -> None:
    assert register(simulated_world, folder).simulated


def test_a_child_of_a_simulated_model_is_simulated(world: World, folder: Path, tmp_path: Path) -> None:
    parent = register(world, folder, simulated=True)
    assert register(world, make_folder(tmp_path / "child", 2.0), name="child", parent=parent).simulated


def test_the_database_refuses_a_lineage_that_loses_its_mark(world: World, folder: Path) -> None:
    parent = register(world, folder, simulated=True)
    with pytest.raises(IntegrityError, match="simulated lineage"), transaction.atomic():
        ModelVersion.objects.create(
            organisation=world.organisation,
            digest="b" * 64,
            kind="policy",
            name="child",
            parent=parent,
            simulated=False,
        )
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    ["simulated = false", "digest = repeat('c', 64)", "parent_id = id", "name = 'new'", "kind = 'value'"],
)
def test_the_database_refuses_a_changed_version(world: World, folder: Path, change: str) -> None:
    version = register(world, folder, simulated=True)
    with (
        pytest.raises(IntegrityError, match="never change"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE rewardmodel_modelversion SET {change} WHERE id = %s", [version.pk])  # noqa: S608
    version.refresh_from_db()
    assert (version.simulated, version.name, version.kind) == (True, "tiny", "policy")


def test_the_database_refuses_to_delete_a_version(world: World, folder: Path) -> None:
    version = register(world, folder)
    with (
        pytest.raises(IntegrityError, match="never deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM rewardmodel_modelversion WHERE id = %s", [version.pk])
    assert ModelVersion.objects.filter(pk=version.pk).exists()


def test_a_candidate_becomes_evaluated_then_retired(world: World, folder: Path) -> None:
    version = register(world, folder)
    assert set_stage(actor=world.engineer, version=version, stage="evaluated").stage == "evaluated"
    assert set_stage(actor=world.engineer, version=version, stage="retired").stage == "retired"


def test_a_retired_model_stays_retired(world: World, folder: Path) -> None:
    version = register(world, folder)
    set_stage(actor=world.engineer, version=version, stage="retired")
    with pytest.raises(StageRefused, match="is retired"):
        set_stage(actor=world.engineer, version=version, stage="evaluated")
    version.refresh_from_db()
    assert version.stage == "retired"


def test_a_stale_copy_cant_move_a_model(world: World, folder: Path) -> None:
    version = register(world, folder)
    stale = ModelVersion.objects.get(pk=version.pk)
    set_stage(actor=world.engineer, version=version, stage="retired")
    with pytest.raises(StageRefused):
        set_stage(actor=world.engineer, version=stale, stage="evaluated")
    version.refresh_from_db()
    assert version.stage == "retired"


def test_a_model_without_its_gates_is_not_promoted(world: World, folder: Path) -> None:
    version = register(world, folder)
    set_stage(actor=world.engineer, version=version, stage="evaluated")
    with pytest.raises(StageRefused, match="G0, G1, G2, G3, G4"):
        set_stage(actor=world.engineer, version=version, stage="promoted")
    version.refresh_from_db()
    assert version.stage == "evaluated"
