"""A model folder is loaded only if it holds exactly what its manifest says, and nothing that runs code."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest

from rewardmodel.ml.errors import ManifestError
from rewardmodel.ml.manifest import NAME, read_manifest, verify_folder, write_manifest

HEADER = b'{"__metadata__":{}}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    (path / "model.safetensors").write_bytes(len(HEADER).to_bytes(8, "little") + HEADER)
    (path / "config.json").write_text('{"vocab_size": 3}')
    write_manifest(path, kind="policy", lineage={"parent": None})
    return path


def refused(folder: Path) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        verify_folder(folder)
    return caught.value


def test_a_sound_folder_verifies_and_its_digest_is_that_of_the_manifest_file(folder: Path) -> None:
    import hashlib

    manifest = verify_folder(folder, kind="policy")
    assert manifest.digest == hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    assert set(manifest.files) == {"model.safetensors", "config.json"}
    assert read_manifest(folder) == manifest


def test_the_digest_depends_on_weights_and_on_lineage(folder: Path) -> None:
    before = read_manifest(folder).digest
    assert write_manifest(folder, kind="policy", lineage={"parent": None}).digest == before
    assert write_manifest(folder, kind="policy", lineage={"parent": "x"}).digest != before


def test_a_changed_byte_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text('{"vocab_size": 4}')
    assert refused(folder).problems == ["config.json: changed since the manifest was written"]


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert refused(folder).problems == ["config.json: missing"]


def test_an_extra_file_is_refused(folder: Path) -> None:
    (folder / "notes.json").write_text("{}")
    assert refused(folder).problems == ["notes.json: not in the manifest"]


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "model.pkl", "modeling.py", "x.so"])
def test_files_that_can_run_code_are_refused_when_reading_and_when_writing(folder: Path, name: str) -> None:
    (folder / name).write_bytes(pickle.dumps({"a": 1}))
    error = refused(folder)
    assert error.code == "unsafe_folder"
    assert "can run code when loaded" in error.problems[0]
    before = (folder / NAME).read_bytes()
    with pytest.raises(ManifestError):
        write_manifest(folder, kind="policy", lineage={})
    assert (folder / NAME).read_bytes() == before


def test_a_pickle_with_the_name_of_a_safetensors_file_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps({"a": 1}))
    assert "no safetensors file, whatever its name says" in refused(folder).problems[0]


def test_a_symbolic_link_is_refused(folder: Path) -> None:
    shutil.move(folder / "config.json", folder.parent / "elsewhere.json")
    (folder / "config.json").symlink_to(folder.parent / "elsewhere.json")
    assert "symbolic link" in refused(folder).problems[0]


def test_a_folder_that_is_a_symbolic_link_is_refused(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert refused(link).code == "missing_folder"


def test_a_subfolder_is_refused(folder: Path) -> None:
    (folder / "inner").mkdir()
    assert "not a plain file" in refused(folder).problems[0]


@pytest.mark.parametrize("text", ['{"auto_map": {}}', '{"a": [{"auto_map": 1}]}', '{"\\u0061uto_map": {}}'])
def test_auto_map_is_refused_however_it_is_hidden(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    assert "auto_map" in refused(folder).problems[0]


@pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "a/b.json", "..", NAME])
def test_a_manifest_that_names_a_path_outside_the_folder_is_refused(folder: Path, name: str) -> None:
    body = json.loads((folder / NAME).read_bytes())
    body["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (folder / NAME).write_text(json.dumps(body))
    assert refused(folder).problems == [f"{name}: not a plain file name inside the folder"]


def test_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(ManifestError, match="it is a policy model, and a reward model is wanted"):
        verify_folder(folder, kind="reward")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2, "kind": "policy", "files": {}, "lineage": {}}']
)
def test_an_unreadable_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / NAME).write_text(text)
    assert refused(folder).code == "bad_manifest"


def test_a_missing_folder_and_a_missing_manifest_are_refused(folder: Path) -> None:
    assert refused(folder / "nowhere").code == "missing_folder"
    (folder / NAME).unlink()
    assert refused(folder).code == "missing_manifest"


def test_a_folder_without_weights_gets_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ManifestError, match=r"no \.safetensors file"):
        write_manifest(tmp_path, kind="policy", lineage={})
    assert not (tmp_path / NAME).exists()
