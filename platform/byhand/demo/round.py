"""One round of the demo: what its steps hand to each other, and how it finds what an earlier run left.

A round is found by its world's seed and its number; each project, run and job of it by a key made from both.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import yaml
from rich.console import Console

from annotation.models import Ballot, Project
from byhand.accounts.models import Organisation
from byhand.demo.cast import Cast
from byhand.demo.hidden import HiddenPreference
from byhand.demo.projects import Plan
from byhand.demo.world import World
from byhand.jobs.models import Job, JobState
from byhand.jobs.terminal import follow_in_terminal
from rewardmodel.models import GateResult, ModelVersion, Run
from rewardmodel.presets import text_of
from rewardmodel.selectors import made_by
from rewardmodel.services.runs import launch_run
from wages.reports.models import PublishedReport
from wages.reports.selectors import reports_for_digest

PROMPTS, HELD_OUT = 600, 300


class DemoStopped(Exception):
    """A step could not end well. `figures` say why; a gate's refusal carries what it measured."""

    def __init__(self, message: str, figures: dict[str, Any] | None = None, *, refused: bool = False) -> None:
        super().__init__(message)
        self.figures = figures or {}
        self.refused = refused


@dataclass
class Round:
    """What the steps of one round hand to each other."""

    cast: Cast
    seed: int
    number: int
    site: str
    console: Console
    world: World = field(init=False)
    hidden: HiddenPreference = field(init=False)
    found: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World(self.seed)
        self.hidden = HiddenPreference.of(self.seed)

    @property
    def key(self) -> str:
        return f"demo-{self.seed}-round-{self.number}"

    @property
    def plan(self) -> Plan:
        return Plan(
            key=self.key, title=f"Answers about places, round {self.number} of world {self.seed}",
            prompts=self.world.prompts(PROMPTS), overlap=2, overlap_percent=15, funding_micro=200_000_000_000,
            pilot_ballots=10,
        )  # fmt: skip

    @property
    def project_id(self) -> uuid.UUID:
        return self.plan.project_id

    @property
    def project(self) -> Project:
        return Project.objects.get(pk=self.project_id)

    @property
    def policy(self) -> ModelVersion:
        """The policy that PPO made."""
        return output(self.found["ppo"])

    def _failed_before(self, preset: str) -> int:
        """Count earlier tries that crashed or were cancelled: a demo that is started again tries anew."""
        key = f"run:{self.cast.organisation.pk}:{self.key}-{preset}-"
        ended = Job.objects.filter(
            dedupe_key__startswith=key, state__in=[JobState.FAILED, JobState.CANCELLED]
        )
        return sum(not _refused(job) for job in ended)

    def follow(self, job: Job, label: str) -> Job:
        """Show the job's bar until it has ended; anything but success stops the demo."""
        ended = follow_in_terminal(job, label=label, console=self.console)
        if ended.state != JobState.SUCCEEDED:
            raise DemoStopped(
                f"{label}: {ended.state}. {ended.error}".strip(),
                _gates_of_job(ended),
                refused=_refused(ended),
            )
        return ended

    def run(self, preset: str, label: str, **changes: Any) -> Run:
        """Launch a run from a file in `configs/` with some fields changed, and follow it."""
        config = {**yaml.safe_load(text_of(preset)), "seed": self.seed % 2**31, **changes}
        run = launch_run(
            actor=self.cast.engineer,
            config=config,
            organisation=self.cast.organisation,
            key=f"{self.key}-{preset}-{self._failed_before(preset)}",
        )
        self.follow(run.job, label)
        run.refresh_from_db()
        return run


def report_path(report: PublishedReport) -> str:
    return f"/reports/{report.slug}/{report.period}/v{report.version}/"


def rankings_of(current: Round) -> int:
    return Ballot.objects.filter(item__project=current.project_id, surplus=False).count()


def gates_of(*runs: Run) -> dict[str, dict[str, Any]]:
    """Return each gate's newest verdict with its figures."""
    rows = GateResult.objects.filter(run__in=[run.pk for run in runs]).order_by("id")
    return {row.gate: {"passed": row.passed, **row.figures} for row in rows}


def _refused(job: Job) -> bool:
    return any(not gate["passed"] for gate in _gates_of_job(job).values())


def _gates_of_job(job: Job) -> dict[str, Any]:
    return gates_of(*Run.objects.filter(job=job))


def output(run: Run) -> ModelVersion:
    (version,) = made_by(run)
    return version


def next_number(organisation: Organisation, seed: int) -> int:
    """Return the number of the first round of this world that has neither a report nor a gate's refusal."""
    number = 1
    while _over(organisation, f"demo-{seed}-round-{number}"):
        number += 1
    return number


def _over(organisation: Organisation, key: str) -> bool:
    gates = GateResult.objects.filter(run__organisation=organisation, run__name__startswith=f"{key}-")
    if gates.filter(passed=False).exists():
        return True
    policy = ModelVersion.objects.filter(organisation=organisation, name=f"{key}-policy").first()
    return policy is not None and reports_for_digest(policy.digest).exists()
