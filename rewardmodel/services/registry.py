"""Writes model versions: verify, store under the digest, then the row. Never overwrites, never loads a weight."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from byhand import folders
from byhand.accounts.models import Organisation, User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from rewardmodel.errors import ModelFolderRefused, ModelNameTaken, StageRefused
from rewardmodel.ml import manifest as manifests
from rewardmodel.ml.errors import ManifestError
from rewardmodel.models import GateResult, ModelFile, ModelKind, ModelVersion, PreferenceDataset, Run, Stage
from rewardmodel.selectors import lineage_runs

_INCOMING = re.compile(r"^\.incoming-[0-9a-f]+: ")
_NEXT = {
    Stage.EVALUATED: (Stage.CANDIDATE,),
    Stage.PROMOTED: (Stage.EVALUATED,),
    Stage.RETIRED: (Stage.CANDIDATE, Stage.EVALUATED, Stage.PROMOTED),
}


def register_model(
    *,
    actor: User | None,
    organisation: Organisation,
    folder: Path,
    name: str,
    kind: str,
    simulated: bool = False,
    parent: ModelVersion | None = None,
    run: Run | None = None,
    dataset: PreferenceDataset | None = None,
    note: str = "",
) -> ModelVersion:
    """Copy `folder` into the registry under its digest. The same content again gives the version that is there.

    `actor` is None when a run registers what it made. Raises ModelFolderRefused (nothing stored) for a folder
    that is missing, holds anything but safetensors and JSON, or differs from its own manifest.
    """
    if actor is not None:
        require_engineer(actor, organisation.pk)
    if kind not in ModelKind.values:
        raise ModelFolderRefused(f"kind: {kind!r} is none of {', '.join(ModelKind.values)}.")
    manifest = _store(Path(folder), kind)
    digest = manifest.digest
    known = ModelVersion.objects.filter(organisation=organisation, digest=digest).first()
    if known is not None:
        return known
    marked = (
        simulated
        or organisation.simulated
        or any(x is not None and x.simulated for x in (parent, run, dataset))
    )
    try:
        with transaction.atomic():
            version = ModelVersion.objects.create(
                organisation=organisation, digest=digest, kind=kind, name=name, parent=parent, run=run,
                dataset=dataset, simulated=marked, note=note, created_by=actor,
            )  # fmt: skip
            ModelFile.objects.bulk_create(
                ModelFile(version=version, name=file, sha256=entry.sha256, bytes=entry.bytes)
                for file, entry in manifest.files.items()
            )
            record(
                actor_id=actor.pk if actor else None,
                action="model.register",
                subject=f"model:{version.pk}",
                digest=digest,
            )
    except IntegrityError as error:
        known = ModelVersion.objects.filter(organisation=organisation, digest=digest).first()
        if known is not None:  # the same content, registered by somebody else in between
            return known
        if "modelversion_name" in str(error):
            raise ModelNameTaken(f"Another {kind} is named {name!r} already; choose another name.") from error
        raise
    return version


def _store(source: Path, kind: str) -> manifests.Manifest:
    """Copy, verify the copy (so that nobody can swap a file in between), and keep it."""
    if not source.is_dir() or source.is_symlink():
        raise ModelFolderRefused(
            f"{source} is not a folder. Give the folder that holds config.json and model.safetensors."
        )
    root = Path(settings.MODEL_ROOT)
    with folders.incoming(root) as copy:
        folders.copy_plain_files(source, copy, ModelFolderRefused)
        if not (copy / manifests.NAME).exists():
            _checked(source.name, lambda: manifests.write_manifest(copy, kind=kind, lineage={}))
        verified = _checked(source.name, lambda: manifests.verify_folder(copy, kind=kind))
        kept_before = (root / verified.digest).exists()
        final = folders.keep(copy, root, verified.digest)
    if kept_before:
        _checked(verified.digest, lambda: manifests.verify_folder(final))
    return verified


def _checked(name: str, act: Callable[[], manifests.Manifest]) -> manifests.Manifest:
    """Run a check of rewardmodel.ml and put its refusal into ours."""
    try:
        return act()
    except ManifestError as error:
        said = _INCOMING.sub("", error.message)  # the copy that was checked has a name of its own
        raise ModelFolderRefused(f"{name}: {said}", error.problems) from error


def model_folder(version: ModelVersion) -> Path:
    """Return where the files of a version are."""
    return Path(settings.MODEL_ROOT) / version.digest


def verify_stored(version: ModelVersion) -> Path:
    """Return the folder after hashing every file in it; raises ModelFolderRefused when a byte changed."""
    folder = model_folder(version)
    if not folder.is_dir():
        raise ModelFolderRefused(
            f"The folder of {version.name} is missing: {folder}. Restore it from a backup."
        )
    verified = _checked(version.name, lambda: manifests.verify_folder(folder))
    if verified.digest != version.digest:
        raise ModelFolderRefused(f"{version.name}: manifest.json is not the one that was registered.")
    return folder


def set_stage(*, actor: User | None, version: ModelVersion, stage: str) -> ModelVersion:
    """Move a version to `stage` by compare-and-set. Promotion needs each gate's newest result to have passed."""
    if actor is not None:
        require_engineer(actor, version.organisation_id)
    allowed = _NEXT.get(Stage(stage), ())
    if version.stage == stage:
        return version
    if stage == Stage.PROMOTED:
        _require_gates(version)
    with transaction.atomic():
        moved = ModelVersion.objects.filter(pk=version.pk, stage__in=allowed).update(stage=stage)
        if moved != 1:
            version.refresh_from_db()
            raise StageRefused(f"{version.name} is {version.stage}; it can't become {stage} from there.")
        record(actor_id=actor.pk if actor else None, action=f"model.{stage}", subject=f"model:{version.pk}")
    version.refresh_from_db()
    return version


PROMOTION_GATES = ("G0", "G1", "G2", "G3", "G4")


def _require_gates(version: ModelVersion) -> None:
    """A model is promoted only when G0 to G4 all passed; until then it stays `evaluated`."""
    runs = [run.pk for run in lineage_runs(version)]
    newest: dict[str, bool] = {}
    for result in GateResult.objects.filter(run__in=runs).order_by("id"):
        newest[result.gate] = result.passed
    missing = [gate for gate in PROMOTION_GATES if not newest.get(gate)]
    if missing:
        raise StageRefused(
            f"{version.name} stays {version.stage}: {', '.join(missing)} did not pass or was not asked.",
            gates=missing,
        )
