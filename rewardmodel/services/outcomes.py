"""Writes what runs produced: adopted segments, gate results, final figures. Each under the fence of its attempt."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from byhand.jobs.worker import JobContext
from byhand.webhooks import services as webhooks
from rewardmodel.gates import Verdict
from rewardmodel.models import GateResult, Run, RunSegment

KEPT_SEGMENTS = 2


def adopt_segment(*, context: JobContext, run: Run, index: int, path: Path) -> RunSegment:
    """Make a finished segment the one to resume from. Raises Fenced, and adopts nothing, when the lease was lost."""
    relative = path.resolve().relative_to(context.run_dir.resolve())
    with context.fenced():
        segment, _ = RunSegment.objects.get_or_create(
            run=run, index=index, defaults={"fence": context.fence, "path": str(relative)}
        )
    _clear_before(run, context.run_dir, index - KEPT_SEGMENTS + 1)
    return segment


def _clear_before(run: Run, folder: Path, index: int) -> None:
    """Free the disk of segments that nobody resumes from any more; their rows stay."""
    for old in RunSegment.objects.filter(run=run, index__lt=index):
        shutil.rmtree(folder / old.path, ignore_errors=True)


def last_segment(run: Run, folder: Path) -> tuple[int, Path] | None:
    """Return index and folder of the newest adopted segment that is still on disk."""
    for segment in RunSegment.objects.filter(run=run).order_by("-index"):
        path = folder / segment.path
        if path.is_dir():
            return segment.index, path
    return None


def record_gate(*, context: JobContext, run: Run, verdict: Verdict) -> GateResult:
    """Append what a gate said, unless this run has exactly that result already."""
    with context.fenced():
        newest = GateResult.objects.filter(run=run, gate=verdict.gate).order_by("-id").first()
        figures = verdict.figures()
        if newest is not None and newest.passed == verdict.passed and newest.figures == figures:
            return newest
        result = GateResult.objects.create(run=run, gate=verdict.gate, passed=verdict.passed, figures=figures)
        webhooks.publish(
            organisation_id=run.organisation_id,
            type="gate.decided",
            data={"run": str(run.pk), "gate": verdict.gate, "passed": verdict.passed},
        )
    context.event("gate", {"gate": verdict.gate, "passed": verdict.passed, "reasons": verdict.reasons})
    return result


def record_metrics(*, context: JobContext, run: Run, metrics: dict[str, Any]) -> None:
    """Write the final figures of a run, once."""
    with context.fenced():
        if Run.objects.filter(pk=run.pk, metrics={}).update(metrics=metrics):
            webhooks.publish(
                organisation_id=run.organisation_id,
                type="run.finished",
                data={"run": str(run.pk), "kind": run.kind},
            )


def samples_path(run: Run) -> Path:
    """Return the file in which an evaluation keeps both models' answers, side by side, for people to judge."""
    return Path(settings.RUN_ROOT) / str(run.job_id) / "samples.jsonl"
