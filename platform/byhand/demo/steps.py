"""The steps of one round, from prompts to a published report, by the services that a real round uses.

Each step may be run again: it finds by name or key what an interrupted demo left, and carries on with that.
What a step returns is what the terminal shows of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from annotation.models import ProjectState
from annotation.selectors.projects import progress
from annotation.services.piloting import start_pilot
from annotation.services.projects import publish_project
from byhand.demo import crew
from byhand.demo.cast import CREW_LOGINS, STEWARD, invite_to
from byhand.demo.judge import judge
from byhand.demo.people import CREW
from byhand.demo.projects import CURRENCY, HOURLY_MICRO, K, set_up
from byhand.demo.round import HELD_OUT, PROMPTS, DemoStopped, Round, gates_of, output, report_path
from rewardmodel.models import ModelVersion, Run
from rewardmodel.services import samples_path
from rewardmodel.services.datasets import freeze_dataset
from rewardmodel.services.generation import Sampling, launch_generation
from rewardmodel.services.subject import report_subject
from wages.reports.services import publish
from wages.selectors import closed_periods
from wages.services.periods import close_period

CORPUS = 12_000


def make_base_policy(current: Round) -> str:
    corpus = Path(settings.DATASET_ROOT) / "demo" / f"corpus-{current.seed}.jsonl"
    if not corpus.exists():
        _write_lines(corpus, [json.dumps(pair) for pair in current.world.corpus(CORPUS)])
    name = f"demo-base-{current.seed}"
    known = ModelVersion.objects.filter(
        organisation=current.cast.organisation, name=name, kind="policy"
    ).first()
    if known is None:
        relative = str(corpus.relative_to(settings.DATASET_ROOT))
        run = current.run("tiny-sft", "Base policy", name=name, corpus=relative)
        known = output(run)
    current.found["base"] = known
    return f"{known.name}, {known.digest[:12]}"


def make_project(current: Round) -> str:
    project = set_up(current.cast, current.plan)
    invite_to(current.cast, project, CREW_LOGINS)
    rate = f"{CURRENCY} {HOURLY_MICRO / 1_000_000:.2f} an hour"
    return f"{PROMPTS} prompts, {len(CREW_LOGINS)} simulated annotators, {rate}"


def generate_candidates(current: Round) -> str:
    job = launch_generation(
        actor=current.cast.engineer, project_id=current.project_id, policy_id=current.found["base"].pk,
        sampling=Sampling(k=K, max_new_tokens=44, seed=_seed(current)), key=current.key,
    )  # fmt: skip
    current.follow(job, f"{PROMPTS} prompts, K={K}")
    if current.project.state == ProjectState.DRAFT:
        start_pilot(actor=current.cast.engineer, project=current.project)
    return f"{progress(current.project).items} items open for ranking"


def rank(current: Round) -> str:
    wanted = progress(current.project).ballots_wanted
    workers = [
        crew.Worker(current.cast[login], person) for login, person in zip(CREW_LOGINS, CREW, strict=True)
    ]
    if current.project.state == ProjectState.PILOT:
        _pilot(current, workers[0])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=current.console) as bar:
        task = bar.add_task("Six simulated annotators rank", total=wanted)
        had = progress(current.project).ballots_counted
        tally = crew.work(
            current.site, current.project_id, workers, hidden=current.hidden, seed=current.seed,
            on_ballot=lambda done: bar.update(task, completed=had + done),
        )  # fmt: skip
    counted = progress(current.project).ballots_counted
    if counted != wanted:
        raise DemoStopped(f"{counted} rankings were counted, {wanted} were wanted.")
    return f"{counted} rankings, {tally.surplus} surplus"


def _pilot(current: Round, worker: crew.Worker) -> None:
    """Let one of them make the paid pilot, so that the others are told how long a ranking takes; then open to all."""
    crew.work(
        current.site, current.project_id, [worker], hidden=current.hidden, seed=current.seed,
        on_ballot=lambda _done: None,
    )  # fmt: skip
    publish_project(actor=current.cast.engineer, project=current.project)


def close_the_period(current: Round) -> str:
    closed = closed_periods(
        current.project_id
    )  # not twice: a second cut of a simulated week would be a period of its own
    period = (
        closed[-1]
        if closed
        else close_period(actor=current.cast[STEWARD].user, project_id=current.project_id)
    )
    current.found["period"] = period
    return f"{period.label} closed and frozen"


def train_reward_model(current: Round) -> str:
    dataset = freeze_dataset(actor=current.cast.engineer, project_id=current.project_id)
    current.found["dataset"] = dataset
    run = current.run(
        "tiny-reward",
        "Reward model",
        name=f"{current.key}-reward",
        base=current.found["base"].digest,
        dataset=dataset.digest,
    )
    current.found["reward"] = run
    _require_gates(run, "G0", "G1")
    return f"pair accuracy {_cross(run)['pair_accuracy']:.3f}, top-1 of {K} {_cross(run)['top1']:.2f}"


def train_policy(current: Round) -> str:
    run = current.run(
        "tiny-ppo", "PPO", name=f"{current.key}-policy", policy=current.found["base"].digest,
        reward_model=output(current.found["reward"]).digest, dataset=current.found["dataset"].digest,
    )  # fmt: skip
    current.found["ppo"] = run
    _require_gates(run, "G2")
    return f"{run.metrics['updates']} updates"


def evaluate(current: Round) -> str:
    prompts = Path(settings.DATASET_ROOT) / "demo" / f"held-out-{current.seed}.jsonl"
    if not prompts.exists():
        questions = current.world.prompts(HELD_OUT, skip=PROMPTS)
        _write_lines(
            prompts, [json.dumps({"id": f"held-out-{n}", "text": text}) for n, text in enumerate(questions)]
        )
    run = current.run(
        "tiny-evaluate", "Evaluation", name=f"{current.key}-evaluation", policy=current.policy.digest,
        reference=current.found["base"].digest, reward_model=output(current.found["reward"]).digest,
        dataset=current.found["dataset"].digest, prompts_file=str(prompts.relative_to(settings.DATASET_ROOT)),
    )  # fmt: skip
    gold = judge(samples_path(run), current.hidden)
    current.found["evaluation"], current.found["gold"] = run, gold
    if gold.gain.low <= 0:
        raise DemoStopped(
            "The hidden preference sees no gain: its interval reaches 0.", gold.figures(), refused=True
        )
    interval = f"[{gold.gain.low:+.2f}, {gold.gain.high:+.2f}]"
    return f"hidden preference: gain {gold.gain.value:+.2f} {interval}, win rate {gold.win_rate.value:.2f}"


def publish_report(current: Round) -> str:
    report = publish(actor=current.cast[STEWARD].user, subject=report_subject(current.policy))
    current.found["report"] = report
    return f"{current.site}{report_path(report)}"


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


def _require_gates(run: Run, *names: str) -> None:
    gates = gates_of(run)
    failed = [name for name in names if not gates.get(name, {}).get("passed")]
    if failed:
        raise DemoStopped(
            f"Gate {', '.join(failed)} refuses.", {name: gates.get(name) for name in failed}, refused=True
        )


def _cross(run: Run) -> dict[str, Any]:
    cross: dict[str, Any] = run.metrics["cross_validation"]
    return cross


def _seed(current: Round) -> int:
    return (current.seed * 1000 + current.number) % 2**31


def _write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.rename(path)
