"""Launches runs: every mistake of a config is said at once, and nothing is written unless all of it holds."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction

from byhand.accounts.models import Organisation, Role, User
from byhand.accounts.selectors import organisations_as, require_engineer
from byhand.audit.services import record
from byhand.errors import NotAllowed
from byhand.jobs.services import enqueue
from rewardmodel import selectors
from rewardmodel.configs import Checked, read_config
from rewardmodel.errors import ConfigRefused
from rewardmodel.models import DatasetRetirement, ModelVersion, PreferenceDataset, Run
from rewardmodel.record import run_record
from rewardmodel.services.registry import model_folder
from rewardmodel.splits import canonical

# which model each field of a config names, and what the run's column for it is
_MODELS = {
    "sft": {"base": ("base", "policy")},
    "reward": {"base": ("base", "policy")},
    "ppo": {"policy": ("base", "policy"), "reward_model": ("reward_model", "reward")},
    "evaluate": {
        "policy": ("base", "policy"),
        "reference": ("reference", "policy"),
        "reward_model": ("reward_model", "reward"),
    },
}

# what kind of model a run makes
OUTPUT_KIND = {"sft": "policy", "reward": "reward", "ppo": "policy"}


@dataclass
class Found:
    """What the names in a config stand for."""

    models: dict[str, ModelVersion]  # by column of Run
    dataset: PreferenceDataset | None = None

    @property
    def simulated(self) -> bool:
        return any(thing.simulated for thing in (*self.models.values(), self.dataset) if thing is not None)


def launch_run(
    *,
    actor: User,
    config: str | Mapping[str, Any],
    organisation: Organisation | None = None,
    kind: str | None = None,
    key: str | None = None,
) -> Run:
    """Check `config` (YAML text, or its values) and start the run. The same `key` again gives the run that is there.

    Raises ConfigRefused with every problem, and then nothing was written.
    """
    organisation = organisation or _only_organisation(actor)
    require_engineer(actor, organisation.pk)
    dedupe_key = f"run:{organisation.pk}:{key or uuid.uuid4().hex}"
    known = Run.objects.filter(job__dedupe_key=dedupe_key).first()
    if known is not None:  # before the names are looked up: its own output has taken its name by now
        return _same(known, _digest(read_config(_text(config), kind).values))
    checked, found = check_config(organisation=organisation, config=config, kind=kind)
    if checked.problems:
        count = len(checked.problems)
        raise ConfigRefused(
            f"The config has {count} mistake{'s' if count > 1 else ''}; nothing was started.",
            checked.report(),
        )
    return _start(actor, organisation, checked.values, found, dedupe_key)


def check_config(
    *, organisation: Organisation, config: str | Mapping[str, Any], kind: str | None = None
) -> tuple[Checked, Found]:
    """Return the config as read, with the problems of form and those of what it names in one list."""
    checked = read_config(_text(config), kind)
    found = Found(models={})
    run_kind = checked.values.get("kind")
    for field, (column, model_kind) in _MODELS.get(str(run_kind), {}).items():
        if checked.sound(field):
            _find_model(organisation, checked, found, field, column, model_kind)
    if checked.sound("dataset"):
        _find_dataset(organisation, checked, found)
    if run_kind == "ppo" and "base" in found.models:  # the reference of PPO is always its starting policy
        found.models["reference"] = found.models["base"]
    for field in ("corpus", "prompts_file"):
        if checked.sound(field):
            _find_file(checked, field)
    if run_kind in OUTPUT_KIND and checked.sound("name"):
        _free_name(organisation, checked, OUTPUT_KIND[run_kind])
    return checked, found


def _only_organisation(actor: User) -> Organisation:
    mine = list(organisations_as(actor, Role.ENGINEER)[:2])
    if not mine:
        raise NotAllowed("Only an engineer of an organisation can start a run.")
    if len(mine) > 1:
        raise ConfigRefused("You are an engineer of several organisations; say which one the run belongs to.")
    return mine[0]


def _find_model(
    organisation: Organisation, checked: Checked, found: Found, field: str, column: str, kind: str
) -> None:
    wanted = checked.values[field]
    version = selectors.find_model(organisation, wanted, kind)
    if version is None:
        known = ModelVersion.objects.filter(organisation=organisation, kind=kind).order_by("-created_at")
        names = (
            ", ".join(known.values_list("name", flat=True)[:5])
            or "none yet; `manage.py register_model` adds one"
        )
        checked.refuse(field, f"No {kind} model {wanted!r} is registered. Registered: {names}.")
        return
    folder = model_folder(version)
    lost = [f.name for f in version.files.all() if not (folder / f.name).is_file()]
    if lost or not (folder / "manifest.json").is_file():
        checked.refuse(
            field, f"The folder of {wanted!r} lacks {', '.join(lost) or 'its manifest'}; restore {folder}."
        )
    found.models[column] = version


def _find_dataset(organisation: Organisation, checked: Checked, found: Found) -> None:
    values, wanted = checked.values, checked.values["dataset"]
    dataset = selectors.find_dataset(organisation, wanted)
    if dataset is None:
        checked.refuse(
            "dataset", f"No dataset {wanted!r} is there. Freeze one on /datasets/ or name another."
        )
        return
    if DatasetRetirement.objects.filter(dataset=dataset).exists():
        checked.refuse(
            "dataset", f"Rankings in {wanted!r} were withdrawn and its files are deleted; use its successor."
        )
        return
    if not (Path(settings.DATASET_ROOT) / dataset.digest / "manifest.json").is_file():
        checked.refuse(
            "dataset", f"The folder of {wanted!r} is missing from DATASET_ROOT; restore {dataset.digest}."
        )
        return
    found.dataset = dataset
    splits = dataset.manifest["counts"]["splits"]
    prompts = _prompts_in(splits, values.get("prompts"))
    if values["kind"] == "ppo" and checked.sound("batch_size") and prompts < values["batch_size"]:
        checked.refuse(
            "batch_size",
            f"{values['batch_size']} episodes in a batch need as many prompts, and the {values['prompts']} split of "
            f"this dataset has {prompts}; write at most {prompts}, or freeze a larger dataset.",
        )
    elif checked.sound("prompts") and prompts == 0:
        checked.refuse(
            "prompts", f"The {values['prompts']} split of this dataset has no prompts; name another split."
        )
    if values["kind"] == "reward":
        for split in ("train", "validation"):
            if not splits[split]["rankings"]:
                checked.refuse(
                    "dataset", f"Its {split} split has no ranking; more rankings are needed first."
                )


def _prompts_in(splits: Mapping[str, Any], split: str | None) -> int:
    wanted = list(splits) if split == "all" else [name for name in splits if name == split]
    return sum(splits[name]["prompts"] for name in wanted)


def _find_file(checked: Checked, field: str) -> None:
    root = Path(settings.DATASET_ROOT).resolve()
    path = (root / checked.values[field]).resolve()
    if not path.is_relative_to(root):
        checked.refuse(
            field, "It leads out of DATASET_ROOT; put the file below that folder and name it from there."
        )
    elif not path.is_file():
        checked.refuse(field, f"There is no such file below DATASET_ROOT: {checked.values[field]}.")


def _free_name(organisation: Organisation, checked: Checked, kind: str) -> None:
    name = checked.values["name"]
    if ModelVersion.objects.filter(organisation=organisation, kind=kind, name=name).exists():
        checked.refuse("name", f"A {kind} model is named {name!r} already; write another name.")


def _start(
    actor: User, organisation: Organisation, values: dict[str, Any], found: Found, dedupe_key: str
) -> Run:
    sha256 = _digest(values)
    ran_on = run_record(seed=values["seed"], threads=values["threads"])
    with transaction.atomic():
        run_id = uuid.uuid4()
        job = enqueue(
            kind="rewardmodel.train", payload={"run": str(run_id)}, queue="gpu", organisation=organisation,
            created_by=actor, dedupe_key=dedupe_key,
        )  # fmt: skip
        known = Run.objects.filter(job=job).first()
        if known is not None:
            return _same(known, sha256)
        run = Run.objects.create(
            id=run_id, organisation=organisation, kind=values["kind"], name=values["name"], config=values,
            config_sha256=sha256, record=ran_on, dataset=found.dataset, job=job, launched_by=actor,
            simulated=organisation.simulated or found.simulated, **found.models,
        )  # fmt: skip
        record(actor_id=actor.pk, action="run.launch", subject=f"run:{run.pk}", kind=run.kind)
    return run


def _same(known: Run, sha256: str) -> Run:
    """Return the run that this key started, unless it was started with another config."""
    if known.config_sha256 != sha256:
        raise ConfigRefused("This form started a run with another config already; open the page anew.")
    return known


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(values)).hexdigest()


def _text(config: str | Mapping[str, Any]) -> str:
    return config if isinstance(config, str) else yaml.safe_dump(dict(config), sort_keys=False)
