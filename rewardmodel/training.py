"""The training job: one attempt at a run, from its verified inputs to a registered model and its gates.

Knows no torch: the work is done by `rewardmodel.ml.stage` in a process of its own. Every write carries the fence of
this attempt, so that an attempt that lost its lease changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from byhand.jobs.worker import JobContext
from rewardmodel import gates
from rewardmodel.errors import StageFailed
from rewardmodel.files import write_json
from rewardmodel.manifests import stage_manifest
from rewardmodel.models import ModelVersion, Run, RunKind, Stage
from rewardmodel.runner import Event, run_stage
from rewardmodel.services.outcomes import adopt_segment, record_gate, record_metrics
from rewardmodel.services.registry import register_model, set_stage
from rewardmodel.services.runs import OUTPUT_KIND

_PATHS = ("out_dir", "model_dir", "samples_out")  # of this machine: no part of a run's record


def train(context: JobContext) -> dict[str, Any]:
    """Run one attempt and return the job's result: the model that was made, if any, and its figures."""
    run = Run.objects.select_related("organisation", "base", "reference", "reward_model", "dataset").get(
        pk=context.payload["run"]
    )
    result = _finished_before(context) or _run(context, run)
    metrics = {key: value for key, value in result.items() if key not in _PATHS}
    version = _register(context, run, result)
    record_metrics(context=context, run=run, metrics=metrics)
    _judge(context, run, metrics)
    if run.kind == RunKind.EVALUATE and run.base is not None and run.base.stage == Stage.CANDIDATE:
        with context.fenced():
            set_stage(actor=None, version=run.base, stage=Stage.EVALUATED)
    made = {"model": str(version.pk), "digest": version.digest} if version else {}
    return {"run": str(run.pk), **made, "metrics": metrics}


def _run(context: JobContext, run: Run) -> Event:
    def on_event(event: Event) -> None:
        kind = event["event"]
        if kind == "progress":
            context.progress(event["done"], event["total"], event.get("message", ""))
        elif kind == "metrics":
            context.event("metrics", {"step": event["step"], **event["data"]})
        elif kind == "sample":
            context.event("sample", event["data"])
        elif kind == "segment":
            adopt_segment(context=context, run=run, index=event["index"], path=Path(event["path"]))
            context.event("segment", {"index": event["index"]})

    manifest = stage_manifest(context, run)
    if "resume_from" in manifest:
        context.event("resume", {"from": Path(manifest["resume_from"]).name, "attempt": context.attempt})
    try:
        result = run_stage(context, run.kind, manifest, on_event)
    except StageFailed as error:
        if run.kind == RunKind.PPO and str(error.details.get("stage_code", "")).startswith("guard"):
            verdict = gates.g2_ppo({}, finished=False, stop=error.message)
            record_gate(context=context, run=run, verdict=verdict)
        raise
    result.setdefault("out_dir", manifest["out_dir"])
    with context.fenced():
        write_json(_result_path(context), result)
    return result


def _result_path(context: JobContext) -> Path:
    return context.run_dir / "result.json"


def _finished_before(context: JobContext) -> Event | None:
    """Return the result of an earlier attempt that died between its last step and the row."""
    path = _result_path(context)
    if not path.exists():
        return None
    result: Event = json.loads(path.read_text(encoding="utf-8"))
    return result


def _register(context: JobContext, run: Run, result: Event) -> ModelVersion | None:
    kind = OUTPUT_KIND.get(run.kind)
    if kind is None:
        return None
    context.check()
    made = run.outputs.filter(kind=kind).first()
    if made is not None:  # an earlier attempt got this far
        return made
    return register_model(
        actor=None, organisation=run.organisation, folder=Path(result["model_dir"]), name=run.name, kind=kind,
        simulated=run.simulated, parent=run.base, run=run,
        dataset=run.dataset if run.kind == RunKind.REWARD else None,
    )  # fmt: skip


def _judge(context: JobContext, run: Run, metrics: dict[str, Any]) -> None:
    """Record G0 and G1 for a reward model, G2 for PPO."""
    limits = gates.thresholds_for(run.simulated)
    if run.kind == RunKind.REWARD and run.dataset is not None:
        record_gate(context=context, run=run, verdict=gates.g0_data(run.dataset.manifest["counts"], limits))
        record_gate(context=context, run=run, verdict=gates.g1_reward(metrics, limits))
    elif run.kind == RunKind.PPO:
        record_gate(context=context, run=run, verdict=gates.g2_ppo(metrics, finished=True))
