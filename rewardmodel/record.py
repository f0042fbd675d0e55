"""What a run ran on: package versions, hardware, commit. Reads the machine; imports no machine-learning package."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings

PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "trl",
    "accelerate",
    "peft",
    "numpy",
    "byhand",
)


def run_record(*, seed: int, threads: int) -> dict[str, Any]:
    """Return the record of a run started now. Energy is a value that says it was not measured, never a zero."""
    return {
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "python": sys.version.split()[0],
        "hardware": _hardware(),
        "code": _code(),
        "seed": seed,
        "threads": threads,
        "energy": "not_measured",
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _hardware() -> dict[str, Any]:
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpus": _gpus(),
    }


@cache
def _gpus() -> list[str]:
    """Return the names of the NVIDIA GPUs of this machine, without importing torch."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    asked = _run([tool, "--query-gpu=name", "--format=csv,noheader"])
    return asked.splitlines() if asked else []


def _code() -> dict[str, Any]:
    """Return the commit and whether files differ from it; `unknown` where this is no git checkout."""
    root = Path(settings.BASE_DIR)
    tool = shutil.which("git")
    if tool is None or not (root / ".git").exists():
        return {"commit": "unknown", "dirty": "unknown"}
    commit = _run([tool, "-C", str(root), "rev-parse", "HEAD"])
    changed = _run([tool, "-C", str(root), "status", "--porcelain", "--untracked-files=normal"])
    return {"commit": commit or "unknown", "dirty": "unknown" if changed is None else bool(changed)}


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
