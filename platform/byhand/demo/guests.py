"""The next round, left open for whoever tries the demo: some prompts, answered by the policy just trained."""

from __future__ import annotations

from annotation.models import Project, ProjectState
from annotation.services.projects import publish_project
from byhand.demo.cast import GUESTS, invite_to
from byhand.demo.projects import K, Plan, set_up
from byhand.demo.round import HELD_OUT, PROMPTS, Round
from rewardmodel.services.generation import Sampling, launch_generation

QUESTIONS = 40


def open_for_guests(current: Round) -> Project:
    """Make the project, generate its candidates from the trained policy, and open it. May be run again."""
    plan = Plan(
        key=f"{current.key}-guests", title=f"Your turn: round {current.number + 1} of world {current.seed}",
        prompts=current.world.prompts(QUESTIONS, skip=PROMPTS + HELD_OUT), overlap=2, overlap_percent=100,
        funding_micro=20_000_000_000,
    )  # fmt: skip
    project = set_up(current.cast, plan)
    if project.state == ProjectState.DRAFT:
        job = launch_generation(
            actor=current.cast.engineer, project_id=project.pk, policy_id=current.policy.pk,
            sampling=Sampling(k=K, max_new_tokens=44, seed=current.seed % 2**31), key=plan.key,
        )  # fmt: skip
        current.follow(job, f"{QUESTIONS} prompts for you, answered by the new policy")
        project = publish_project(actor=current.cast.engineer, project=project)
    invite_to(current.cast, project, GUESTS)
    return project
