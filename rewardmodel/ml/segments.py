"""Segments of a PPO run on disk: written complete or not at all, read only when they fit the run.

A segment holds the policy, the value model, the optimizer's state (safetensors and JSON, never a pickle) and
segment.json. The folder's name carries the fence of the attempt that wrote it; who adopts it is decided by
the database, not here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml.artifacts import save_folder
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.manifest import verify_folder

OPTIMIZER, OPTIMIZER_JSON, STATE = "optimizer.safetensors", "optimizer.json", "segment.json"


@dataclass
class SegmentState:
    """Where a run stands. `recent` are the figures of the last updates, which the guards average."""

    index: int
    updates: int
    fingerprint: str
    recent: list[dict[str, float]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def write_segment(
    root: Path,
    fence: int,
    state: SegmentState,
    policy: PreTrainedModel,
    value: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    optimizer: torch.optim.Optimizer,
) -> Path:
    """Write a segment to a temporary folder and rename it to `<index>.<fence>`; return its folder."""
    target = root / f"{state.index}.{fence}"
    making = root / f".{target.name}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    lineage = {"stage": "ppo", "run": state.fingerprint, "segment": state.index}
    digests = {
        "policy": save_folder(policy, tokenizer, making / "policy", kind="policy", lineage=lineage).digest,
        "value": save_folder(value, tokenizer, making / "value", kind="value", lineage=lineage).digest,
    }
    _write_optimizer(making, optimizer)
    hashes = {name: _sha256(making / name) for name in (OPTIMIZER, OPTIMIZER_JSON)}
    (making / STATE).write_text(json.dumps({**vars(state), "digests": digests, "files": hashes}))
    _flush(making)
    making.rename(target)
    return target


def read_segment(folder: Path, fingerprint: str) -> SegmentState:
    """Return the state of a segment after checking every file; refuse one of another run or a damaged one."""
    try:
        raw = json.loads((folder / STATE).read_bytes())
        same = raw["fingerprint"] == fingerprint
        damaged = [name for name, digest in raw["files"].items() if _sha256(folder / name) != digest]
        digests = {kind: verify_folder(folder / kind, kind=kind).digest for kind in ("policy", "value")}
        damaged += [kind for kind, digest in raw["digests"].items() if digests[kind] != digest]
        state = SegmentState(raw["index"], raw["updates"], fingerprint, raw["recent"], raw["warnings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StageError("bad_segment", f"resume_from: {folder.name} is no segment: {error}") from error
    if damaged:
        raise StageError("bad_segment", f"resume_from: {folder.name} is damaged: {', '.join(damaged)}")
    if not same:
        text = f"resume_from: {folder.name} belongs to a run with other settings or models; start without it"
        raise StageError("other_run", text, [text])
    return state


def load_optimizer(folder: Path, optimizer: torch.optim.Optimizer) -> None:
    """Put the saved state into a fresh optimizer over the same parameters in the same order."""
    groups = json.loads((folder / OPTIMIZER_JSON).read_bytes())
    state: dict[int, dict[str, torch.Tensor]] = {}
    with safe_open(folder / OPTIMIZER, framework="pt") as stored:
        for name in stored.keys():  # noqa: SIM118  not a mapping
            number, part = name.split(".", 1)
            state.setdefault(int(number), {})[part] = stored.get_tensor(name)
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _write_optimizer(folder: Path, optimizer: torch.optim.Optimizer) -> None:
    raw: dict[str, Any] = optimizer.state_dict()
    parts = {f"{number}.{name}": part for number, own in raw["state"].items() for name, part in own.items()}
    save_file({name: part.contiguous().clone() for name, part in parts.items()}, folder / OPTIMIZER)
    (folder / OPTIMIZER_JSON).write_text(json.dumps(raw["param_groups"]))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(folder: Path) -> None:
    """Force files and folders to the disk before the rename that makes them count."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
