"""One round of the demo: from prompts to a published report, by the services that a real round uses.

Each step may be run again: what an interrupted demo left is found by its name or its key and carried on with.
The order of the steps is `STEPS`; what a step prints is what it returns.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from annotation.models import Ballot, Project
from annotation.selectors.projects import progress
from annotation.services.projects import publish_project
from byhand.accounts.models import Organisation
from byhand.demo import crew
from byhand.demo.cast import CREW_LOGINS, STEWARD, Cast, invite_to
from byhand.demo.hidden import HiddenPreference
from byhand.demo.judge import judge
from byhand.demo.people import CREW
from byhand.demo.projects import CURRENCY, HOURLY_MICRO, K, Plan, set_up
from byhand.demo.world import World
from byhand.jobs.models import Job, JobState
from byhand.jobs.terminal import follow_in_terminal
from rewardmodel.models import GateResult, ModelVersion, Run
from rewardmodel.presets import text_of
from rewardmodel.selectors import made_by
from rewardmodel.services import samples_path
from rewardmodel.services.datasets import freeze_dataset
from rewardmodel.services.generation import Sampling, launch_generation
from rewardmodel.services.runs import launch_run
from rewardmodel.services.subject import report_subject
from wages.reports.models import PublishedReport
from wages.reports.selectors import reports_for_digest
from wages.reports.services import publish
from wages.selectors import closed_periods
from wages.services.periods import close_period

PROMPTS, HELD_OUT, CORPUS = 600, 300, 12_000


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
        return _output(self.found["ppo"])

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


def make_base_policy(round: Round) -> str:
    corpus = Path(settings.DATASET_ROOT) / "demo" / f"corpus-{round.seed}.jsonl"
    if not corpus.exists():
        _write_lines(corpus, [json.dumps(pair) for pair in round.world.corpus(CORPUS)])
    name = f"demo-base-{round.seed}"
    known = ModelVersion.objects.filter(
        organisation=round.cast.organisation, name=name, kind="policy"
    ).first()
    if known is None:
        relative = str(corpus.relative_to(settings.DATASET_ROOT))
        run = round.run("tiny-sft", "Base policy", name=name, corpus=relative)
        known = _output(run)
    round.found["base"] = known
    return f"{known.name}, {known.digest[:12]}"


def make_project(round: Round) -> str:
    project = set_up(round.cast, round.plan)
    invite_to(round.cast, project, CREW_LOGINS)
    rate = f"{CURRENCY} {HOURLY_MICRO / 1_000_000:.2f} an hour"
    return f"{PROMPTS} prompts, {len(CREW_LOGINS)} simulated annotators, {rate}"


def generate_candidates(round: Round) -> str:
    job = launch_generation(
        actor=round.cast.engineer, project_id=round.project_id, policy_id=round.found["base"].pk,
        sampling=Sampling(k=K, max_new_tokens=44, seed=_seed(round)), key=round.key,
    )  # fmt: skip
    round.follow(job, f"{PROMPTS} prompts, K={K}")
    publish_project(actor=round.cast.engineer, project=round.project)
    return f"{progress(round.project).items} items open for ranking"


def rank(round: Round) -> str:
    wanted = progress(round.project).ballots_wanted
    workers = [
        crew.Worker(round.cast[login], person) for login, person in zip(CREW_LOGINS, CREW, strict=True)
    ]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=round.console) as bar:
        task = bar.add_task("Six simulated annotators rank", total=wanted)
        had = progress(round.project).ballots_counted
        tally = crew.work(
            round.site, round.project_id, workers, hidden=round.hidden, seed=round.seed,
            on_ballot=lambda done: bar.update(task, completed=had + done),
        )  # fmt: skip
    counted = progress(round.project).ballots_counted
    if counted != wanted:
        raise DemoStopped(f"{counted} rankings were counted, {wanted} were wanted.")
    return f"{counted} rankings, {tally.surplus} surplus"


def close_the_period(round: Round) -> str:
    closed = closed_periods(
        round.project_id
    )  # not twice: a second cut of a simulated week would be a period of its own
    period = (
        closed[-1] if closed else close_period(actor=round.cast[STEWARD].user, project_id=round.project_id)
    )
    round.found["period"] = period
    return f"{period.label} closed and frozen"


def train_reward_model(round: Round) -> str:
    dataset = freeze_dataset(actor=round.cast.engineer, project_id=round.project_id)
    round.found["dataset"] = dataset
    run = round.run(
        "tiny-reward",
        "Reward model",
        name=f"{round.key}-reward",
        base=round.found["base"].digest,
        dataset=dataset.digest,
    )
    round.found["reward"] = run
    _require_gates(run, "G0", "G1")
    return f"pair accuracy {_cross(run)['pair_accuracy']:.3f}, top-1 of {K} {_cross(run)['top1']:.2f}"


def train_policy(round: Round) -> str:
    run = round.run(
        "tiny-ppo", "PPO", name=f"{round.key}-policy", policy=round.found["base"].digest,
        reward_model=_output(round.found["reward"]).digest, dataset=round.found["dataset"].digest,
    )  # fmt: skip
    round.found["ppo"] = run
    _require_gates(run, "G2")
    return f"{run.metrics['updates']} updates"


def evaluate(round: Round) -> str:
    prompts = Path(settings.DATASET_ROOT) / "demo" / f"held-out-{round.seed}.jsonl"
    if not prompts.exists():
        questions = round.world.prompts(HELD_OUT, skip=PROMPTS)
        _write_lines(
            prompts, [json.dumps({"id": f"held-out-{n}", "text": text}) for n, text in enumerate(questions)]
        )
    run = round.run(
        "tiny-evaluate", "Evaluation", name=f"{round.key}-evaluation", policy=round.policy.digest,
        reference=round.found["base"].digest, reward_model=_output(round.found["reward"]).digest,
        dataset=round.found["dataset"].digest, prompts_file=str(prompts.relative_to(settings.DATASET_ROOT)),
    )  # fmt: skip
    gold = judge(samples_path(run), round.hidden)
    round.found["evaluation"], round.found["gold"] = run, gold
    if gold.gain.low <= 0:
        raise DemoStopped(
            "The hidden preference sees no gain: its interval reaches 0.", gold.figures(), refused=True
        )
    interval = f"[{gold.gain.low:+.2f}, {gold.gain.high:+.2f}]"
    return f"hidden preference: gain {gold.gain.value:+.2f} {interval}, win rate {gold.win_rate.value:.2f}"


def publish_report(round: Round) -> str:
    report = publish(actor=round.cast[STEWARD].user, subject=report_subject(round.policy))
    round.found["report"] = report
    return f"{round.site}{report_path(report)}"


STEPS: tuple[tuple[str, str, Callable[[Round], str]], ...] = (
    ("base_policy", "Make the tiny base policy", make_base_policy),
    ("project", "Make the project and import prompts", make_project),
    ("candidates", "Generate candidates", generate_candidates),
    ("rankings", "Rank, with the clock running", rank),
    ("period", "Close the pay period", close_the_period),
    ("reward_model", "Train the reward model", train_reward_model),
    ("ppo", "Train the policy with PPO", train_policy),
    ("evaluation", "Evaluate against the reference", evaluate),
    ("report", "Publish the labor report", publish_report),
)


def report_path(report: PublishedReport) -> str:
    return f"/reports/{report.slug}/{report.period}/v{report.version}/"


def rankings_of(round: Round) -> int:
    return Ballot.objects.filter(item__project=round.project_id, surplus=False).count()


def gates_of(*runs: Run) -> dict[str, dict[str, Any]]:
    """Return each gate's newest verdict with its figures."""
    rows = GateResult.objects.filter(run__in=[run.pk for run in runs]).order_by("id")
    return {row.gate: {"passed": row.passed, **row.figures} for row in rows}


def _require_gates(run: Run, *names: str) -> None:
    gates = gates_of(run)
    failed = [name for name in names if not gates.get(name, {}).get("passed")]
    if failed:
        raise DemoStopped(
            f"Gate {', '.join(failed)} refuses.", {name: gates.get(name) for name in failed}, refused=True
        )


def _refused(job: Job) -> bool:
    return any(not gate["passed"] for gate in _gates_of_job(job).values())


def _gates_of_job(job: Job) -> dict[str, Any]:
    return gates_of(*Run.objects.filter(job=job))


def _output(run: Run) -> ModelVersion:
    (version,) = made_by(run)
    return version


def _cross(run: Run) -> dict[str, Any]:
    cross: dict[str, Any] = run.metrics["cross_validation"]
    return cross


def _seed(round: Round) -> int:
    return (round.seed * 1000 + round.number) % 2**31


def _write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.rename(path)


def next_number(organisation: Organisation, seed: int) -> int:
    """Return the number of the first round of this world whose report is not published yet."""
    number = 1
    while True:
        name = f"demo-{seed}-round-{number}-policy"
        policy = ModelVersion.objects.filter(organisation=organisation, name=name).first()
        if policy is None or not reports_for_digest(policy.digest):
            return number
        number += 1
