"""The kinds of jobs of this package. None imports torch: what needs it runs as a process of `rewardmodel.ml`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from annotation.services import exports, withdrawing
from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext
from rewardmodel import generation, training
from rewardmodel.services import withdrawals


@handler("rewardmodel.generate")
def generate(context: JobContext) -> dict[str, Any]:
    """Write candidates for the prompts of a project."""
    return generation.generate(context)


@handler("rewardmodel.train")
def train(context: JobContext) -> dict[str, Any]:
    """Run one attempt at a training or evaluation run."""
    return training.train(context)


@handler(withdrawing.JOB)
def withdrawn(context: JobContext) -> dict[str, Any]:
    """Make successors of the datasets that rankings were withdrawn from, and remove the exports that have them."""
    project_id = UUID(context.payload["project"])
    removed = exports.remove_exports(project_id)
    return {"exports_removed": removed, **withdrawals.follow_withdrawals(project_id, context.check)}
