"""The kinds of jobs of this package. Both run a process of `rewardmodel.ml` and import no torch themselves."""

from __future__ import annotations

from typing import Any

from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext
from rewardmodel import generation, training


@handler("rewardmodel.generate")
def generate(context: JobContext) -> dict[str, Any]:
    """Write candidates for the prompts of a project."""
    return generation.generate(context)


@handler("rewardmodel.train")
def train(context: JobContext) -> dict[str, Any]:
    """Run one attempt at a training or evaluation run."""
    return training.train(context)
