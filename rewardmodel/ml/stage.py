"""Entry of a training process: `python -m rewardmodel.ml.stage STAGE MANIFEST.json`.

Owns the exit codes and the order of start-up (lifeline, environment, then torch). What a stage does is in
the stage's own module, each with `run(raw, reporter) -> result`.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from rewardmodel.ml import environment
from rewardmodel.ml.errors import Cancelled, StageError
from rewardmodel.ml.protocol import (
    EXIT_BAD_INPUT,
    EXIT_BUG,
    EXIT_CANCELLED,
    EXIT_OK,
    Reporter,
    hold_lifeline,
    take_over_stdout,
)

STAGES = ("sft", "generate", "reward", "ppo", "evaluate")
Run = Callable[[Mapping[str, Any], Reporter], dict[str, Any]]


def main(arguments: list[str]) -> int:
    reporter = Reporter(take_over_stdout())
    hold_lifeline(reporter)
    try:
        reporter.result(run_stage(arguments, reporter))
        return EXIT_OK
    except Cancelled as stop:
        reporter.error("cancelled", str(stop))
        return EXIT_CANCELLED
    except StageError as error:
        reporter.error(error.code, error.message, error.problems)
        return EXIT_BAD_INPUT
    except Exception as error:
        traceback.print_exc()
        reporter.error("bug", f"{type(error).__name__}: {error}")
        return EXIT_BUG


def run_stage(arguments: list[str], reporter: Reporter) -> dict[str, Any]:
    """Run the stage named on the command line and return its result."""
    if len(arguments) != 2 or arguments[0] not in STAGES:
        raise StageError("usage", f"usage: python -m rewardmodel.ml.stage {'|'.join(STAGES)} MANIFEST.json")
    raw = _read(Path(arguments[1]))
    threads, seed = raw.get("threads", 2), raw.get("seed", 0)
    if not _whole(threads) or not 1 <= threads <= 1024 or not _whole(seed):
        text = "threads must be a whole number from 1 to 1024, seed a whole number"
        raise StageError("invalid_config", text, [text])
    environment.prepare(threads)
    environment.pin(threads, seed % 2**31)
    module = importlib.import_module(f"rewardmodel.ml.{arguments[0]}")
    return cast(Run, module.run)(raw, reporter)


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StageError("bad_stage_manifest", f"{path}: can't be read as JSON: {error}") from error
    if not isinstance(raw, dict):
        raise StageError("bad_stage_manifest", f"{path}: must hold one JSON object")
    return raw


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
