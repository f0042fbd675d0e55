"""Turns a run's config into the manifest that `rewardmodel.ml.stage` reads: names become verified folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from byhand.jobs.worker import JobContext
from rewardmodel.errors import StageFailed
from rewardmodel.files import read_jsonl, write_jsonl
from rewardmodel.models import DatasetRetirement, ModelVersion, PreferenceDataset, Run, RunKind
from rewardmodel.services.datasets import dataset_folder
from rewardmodel.services.outcomes import last_segment, samples_path
from rewardmodel.services.registry import verify_stored
from rewardmodel.splits import SPLITS

# fields of a config that only name something; the manifest has its folder or file instead
_NAMES = (
    "kind",
    "name",
    "base",
    "policy",
    "reference",
    "reward_model",
    "dataset",
    "prompts",
    "prompts_file",
    "corpus",
)


def stage_manifest(context: JobContext, run: Run) -> dict[str, Any]:
    """Return the manifest of this attempt. Every model and data file that it names was hashed again just now."""
    manifest = {key: value for key, value in run.config.items() if key not in _NAMES}
    manifest["out_dir"] = str(context.run_dir / f"out-{context.fence}")
    build = {
        RunKind.SFT: _sft,
        RunKind.REWARD: _reward,
        RunKind.PPO: _ppo,
        RunKind.EVALUATE: _evaluate,
    }[RunKind(run.kind)]
    build(context, run, manifest)
    return manifest


def _sft(context: JobContext, run: Run, manifest: dict[str, Any]) -> None:
    manifest["corpus"] = str(Path(settings.DATASET_ROOT) / run.config["corpus"])
    if run.base is not None:
        manifest["base_dir"] = _folder(run.base)
        del manifest["tokenizer"], manifest["model"]


def _reward(context: JobContext, run: Run, manifest: dict[str, Any]) -> None:
    manifest["base_dir"] = _folder(run.base)
    manifest["dataset_dir"] = str(verified_dataset(run.dataset))
    manifest["prompts"] = _prompts(context, run)


def _ppo(context: JobContext, run: Run, manifest: dict[str, Any]) -> None:
    _three_models(context, run, manifest)
    segments = context.run_dir / "segments"
    segments.mkdir(exist_ok=True)
    manifest["segments_dir"] = str(segments)
    manifest["fence"] = context.fence
    last = last_segment(run, context.run_dir)
    if last is not None:
        manifest["resume_from"] = str(last[1])


def _evaluate(context: JobContext, run: Run, manifest: dict[str, Any]) -> None:
    _three_models(context, run, manifest)
    manifest["samples_out"] = str(samples_path(run))


def _three_models(context: JobContext, run: Run, manifest: dict[str, Any]) -> None:
    manifest["policy_dir"] = _folder(run.base)
    manifest["reference_dir"] = _folder(run.reference)
    manifest["reward_dir"] = _folder(run.reward_model)
    manifest["prompts"] = _prompts(context, run)


def _folder(version: ModelVersion | None) -> str:
    if version is None:
        raise StageFailed("The run names no model where it needs one.")
    return str(verify_stored(version))


def verified_dataset(dataset: PreferenceDataset | None) -> Path:
    """Return a dataset's folder after hashing its files; refuse one that changed since it was frozen."""
    if dataset is None:
        raise StageFailed("The run names no dataset.")
    folder = dataset_folder(dataset)
    if DatasetRetirement.objects.filter(dataset=dataset).exists():
        raise StageFailed(f"Dataset {dataset.digest[:12]}: rankings in it were withdrawn; use its successor.")
    for name, entry in dataset.manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise StageFailed(f"Dataset {dataset.digest[:12]}: {name} is missing; restore it from a backup.")
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != entry["sha256"]:
                raise StageFailed(f"Dataset {dataset.digest[:12]}: {name} changed since it was frozen.")
    return folder


def _prompts(context: JobContext, run: Run) -> str:
    """Write the prompts of the split that the config names, in the same order in every attempt."""
    folder = verified_dataset(run.dataset)
    if run.config.get("prompts_file"):
        return str(Path(settings.DATASET_ROOT) / run.config["prompts_file"])
    split = run.config["prompts"]
    wanted = SPLITS if split == "all" else (split,)
    found = {row["id"]: row for name in wanted for row in _distinct(folder / f"{name}.jsonl")}
    rows = sorted(found.values(), key=lambda row: hashlib.sha256(row["id"].encode()).digest())
    path = context.run_dir / "prompts.jsonl"
    write_jsonl(path, rows)
    return str(path)


def _distinct(path: Path) -> Iterator[dict[str, str]]:
    for row in read_jsonl(path):
        yield {"id": row["prompt_id"], "text": row["prompt"]}
