"""The process around a stage: offline, silent, few threads, the same numbers every time.

`prepare` must run before torch is imported; `pin` after. Knows nothing of the stages.
"""

from __future__ import annotations

import hashlib
import os
import random

SETTINGS = {
    "OMP_WAIT_POLICY": "PASSIVE",  # waiting threads that spin cost a factor of four on shared cores
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "WANDB_DISABLED": "true",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # what torch asks for before it promises deterministic CUDA
}


def prepare(threads: int) -> None:
    """Set the environment that libraries read when they are imported."""
    os.environ.update(SETTINGS)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = str(threads)


def pin(threads: int, seed: int) -> None:
    """Fix thread count, algorithms and seeds, so that the same manifest gives the same weights."""
    import torch

    torch.set_num_threads(threads)
    # CUDA lacks deterministic versions of a few operations: there a warning is all that can be had.
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    seed_all(seed)


def seed_all(seed: int) -> None:
    """Seed Python, NumPy (TRL's minibatch order) and torch."""
    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)


def derive_seed(*parts: object) -> int:
    """Return a seed below 2**31 that depends on every part and on nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little") >> 1


def device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def versions() -> dict[str, str]:
    """What the record of a run names: package versions and the hardware kind."""
    from importlib.metadata import version

    names = ("torch", "transformers", "tokenizers", "safetensors", "trl", "accelerate")
    return {**{name: version(name) for name in names}, "device": device()}
