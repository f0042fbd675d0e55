"""The generation job: runs the ml stage, stores completions in batches under the fence, opens the items.

Idempotent: a completion is stored once by (generation, prompt, index). After a crash the stage goes on from its own
output file, and what it had written is read into the database again at no cost.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

from annotation.selectors import prompts_to_generate
from annotation.services.completions import (
    GeneratedCompletion,
    begin_generation,
    finish_generation,
    store_completions,
)
from byhand.jobs.worker import JobContext
from rewardmodel.files import write_jsonl
from rewardmodel.models import ModelVersion
from rewardmodel.runner import Event, run_stage
from rewardmodel.services.registry import verify_stored

BATCH = 256


class Intake:
    """Reads finished lines of the stage's output file and stores them, under the fence of this attempt."""

    def __init__(self, context: JobContext, generation_id: UUID, out: Path) -> None:
        self._context, self._generation_id, self._out = context, generation_id, out
        self._offset = 0
        self.stored = 0

    def take(self, *, at_least: int) -> None:
        """Store what was written since last time, if that is `at_least` so many lines."""
        if not self._out.exists():
            return
        with self._out.open("rb") as stream:
            stream.seek(self._offset)
            lines = [line for line in stream if line.endswith(b"\n")]
        if len(lines) < max(at_least, 1):
            return
        rows = [_completion(json.loads(line)) for line in lines]
        for start in range(0, len(rows), BATCH):
            with self._context.fenced():
                batch = rows[start : start + BATCH]
                self.stored += store_completions(generation_id=self._generation_id, rows=batch)
        self._offset += sum(map(len, lines))


def generate(context: JobContext) -> dict[str, Any]:
    """Write the candidates of one project with one policy; return counts."""
    policy = ModelVersion.objects.get(pk=context.payload["policy"])
    sampling = dict(context.payload["sampling"])
    folder = verify_stored(policy)
    with context.fenced():
        generation = begin_generation(
            project_id=UUID(context.payload["project"]), job_id=context.job_id, policy_digest=policy.digest,
            policy_name=policy.name, sampling=sampling,
        )  # fmt: skip
    prompts, out = context.run_dir / "prompts.jsonl", _own_output(context)
    if (
        not prompts.exists()
    ):  # kept from the first attempt, so that the stage sees the same file and the same order
        wanted = prompts_to_generate(generation.pk)
        write_jsonl(prompts, ({"id": str(prompt_id), "text": text} for prompt_id, text in wanted))
    intake = Intake(context, generation.pk, out)
    if prompts.stat().st_size:
        _run(context, folder, prompts, out, sampling, intake)
    intake.take(at_least=1)
    with context.fenced():
        opened = finish_generation(generation_id=generation.pk)
    return {"generation": str(generation.pk), "items_opened": opened, "completions_stored": intake.stored}


def _own_output(context: JobContext) -> Path:
    """Return this attempt's output file, begun with what the last attempt wrote.

    Each attempt has a file of its own: the process of a worker that was frozen past its lease may write on.
    """
    out = context.run_dir / f"completions-{context.fence}.jsonl"
    earlier = sorted(
        context.run_dir.glob("completions-*.jsonl"), key=lambda path: int(path.stem.split("-")[1])
    )
    if earlier and not out.exists():
        shutil.copyfile(earlier[-1], out)
    return out


def _run(
    context: JobContext, folder: Path, prompts: Path, out: Path, sampling: dict[str, Any], intake: Intake
) -> None:
    def on_event(event: Event) -> None:
        if event["event"] == "progress":
            context.progress(event["done"], event["total"], event.get("message", ""))
            intake.take(at_least=BATCH)
        elif event["event"] == "sample":
            context.event("sample", event["data"])

    manifest = {
        **sampling,
        "policy_dir": str(folder),
        "prompts": str(prompts),
        "out": str(out),
        "out_dir": str(context.run_dir),
    }
    run_stage(context, "generate", manifest, on_event)


def _completion(row: dict[str, Any]) -> GeneratedCompletion:
    return GeneratedCompletion(
        prompt_id=int(row["prompt_id"]),
        index=row["index"],
        text=row["text"],
        seed=row["seed"],
        token_logprobs=row["token_logprobs"],
        finish_reason=row["finish_reason"],
    )
