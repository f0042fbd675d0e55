"""Starts candidate generation for a project. The job itself is in `rewardmodel.job_handlers`."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from uuid import UUID

from annotation.models import Project
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import Invalid
from byhand.jobs.models import Job
from byhand.jobs.services import enqueue
from rewardmodel.errors import NotHere
from rewardmodel.models import ModelKind, ModelVersion, Stage

LIMITS: dict[str, tuple[float, float]] = {
    "temperature": (0.05, 5.0),
    "top_p": (0.05, 1.0),
    "max_new_tokens": (1, 32_768),
    "batch_size": (1, 4096),
    "seed": (0, 2**31 - 1),
    "threads": (1, 256),
}


class GenerationRefused(Invalid):
    code = "generation_refused"


@dataclass(frozen=True)
class Sampling:
    """How candidates are drawn. `k` is the project's: its items are rankings of exactly K completions."""

    k: int
    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 48
    batch_size: int = 64
    seed: int = 1
    threads: int = 2


def launch_generation(
    *, actor: User, project_id: UUID, policy_id: UUID, sampling: Sampling, key: str | None = None
) -> Job:
    """Enqueue the generation of K completions for each prompt that lacks them. The same `key` gives the same job."""
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise NotHere("There is no such project.")
    require_engineer(actor, project.organisation_id)
    policy = ModelVersion.objects.filter(pk=policy_id, organisation=project.organisation_id).first()
    problems = _problems(project, policy, sampling)
    if policy is None or problems:
        raise GenerationRefused("Generation was not started.", problems)
    job = enqueue(
        kind="rewardmodel.generate",
        payload={"project": str(project.pk), "policy": str(policy.pk), "sampling": asdict(sampling)},
        queue="gpu",
        organisation=project.organisation,
        created_by=actor,
        dedupe_key=f"generate:{project.pk}:{key or uuid.uuid4().hex}",
    )
    record(actor_id=actor.pk, action="generation.launch", subject=f"job:{job.pk}", policy=policy.digest)
    return job


def _problems(project: Project, policy: ModelVersion | None, sampling: Sampling) -> list[str]:
    problems = []
    if policy is None:
        problems.append("policy: It is not registered in this organisation; /models/ lists what is.")
    elif policy.kind != ModelKind.POLICY or policy.stage == Stage.RETIRED:
        problems.append(
            f"policy: {policy.name} is a {policy.stage} {policy.kind} model; choose a policy in use."
        )
    elif policy.simulated and not project.simulated:
        problems.append("policy: It comes from simulated work; a project with real people can't use it.")
    if sampling.k != project.k:
        problems.append(f"k: This project ranks {project.k} completions; write {project.k}.")
    if not project.prompts.exists():
        problems.append("project: It has no prompts yet; import some first.")
    for name, (low, high) in LIMITS.items():
        value = getattr(sampling, name)
        if not low <= value <= high:
            problems.append(f"{name}: {value} is outside {low:g} to {high:g}.")
    return problems
