"""The next round, left open for whoever tries the demo: some prompts, answered by the policy just trained."""

from __future__ import annotations

from annotation.models import Project, ProjectState
from annotation.services.projects import publish_project
from byhand.demo.cast import GUESTS, invite_to
from byhand.demo.projects import K, Plan, set_up
from byhand.demo.round import HELD_OUT, PROMPTS, Round
from rewardmodel.services.generation import Sampling, launch_generation

QUESTIONS = 40


def open_for_guests(round: Round) -> Project:
    """Make the project, generate its candidates from the trained policy, and open it. May be run again."""
    plan = Plan(
        key=f"{round.key}-guests", title=f"Your turn: round {round.number + 1} of world {round.seed}",
        prompts=round.world.prompts(QUESTIONS, skip=PROMPTS + HELD_OUT), overlap=2, overlap_percent=100,
        funding_micro=20_000_000_000,
    )  # fmt: skip
    project = set_up(round.cast, plan)
    if project.state == ProjectState.DRAFT:
        job = launch_generation(
            actor=round.cast.engineer, project_id=project.pk, policy_id=round.policy.pk,
            sampling=Sampling(k=K, max_new_tokens=44, seed=round.seed % 2**31), key=plan.key,
        )  # fmt: skip
        round.follow(job, f"{QUESTIONS} prompts for you, answered by the new policy")
        project = publish_project(actor=round.cast.engineer, project=project)
    invite_to(round.cast, project, GUESTS)
    return project
