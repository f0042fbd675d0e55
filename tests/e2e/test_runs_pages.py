"""Pages of training in a browser: curves are drawn and grow, mistakes are readable, every page passes axe."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from byhand.accounts.models import User
from byhand.jobs.models import JobEvent, JobState
from rewardmodel.models import GateResult, ModelVersion, PreferenceDataset, Run
from rewardmodel.services import freeze_dataset, launch_run, register_model
from tests.rewardmodel.conftest import World, make_folder, make_world
from tests.rewardmodel.test_launch import PPO

pytestmark = pytest.mark.browser
SignIn = Callable[..., None]
Axe = Callable[[Page], None]
SHOTS = os.environ.get("BYHAND_SHOTS", "")
FIGURES = ("reward", "kl", "entropy", "length", "eos_rate", "distinct_ratio", "clip_fraction", "value_loss")


@pytest.fixture
def world(live_site: str, tmp_path: Path) -> World:
    """A simulated lab with a running PPO run that has reported twelve updates, two samples and a refused gate."""
    world = make_world(simulated=True)
    world.ranked(40)
    freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    for value, (name, kind) in enumerate([("tiny", "policy"), ("tiny-reward", "reward")]):
        register_model(
            actor=world.engineer, organisation=world.organisation, folder=make_folder(tmp_path / name, float(value)),
            name=name, kind=kind, note="made for a test",
        )  # fmt: skip
    run = launch_run(actor=world.engineer, config=PPO)
    for step in range(1, 13):
        report(run, step)
    for step in (5, 10):
        sample = {
            "step": step,
            "prompt": "How is the garden?",
            "reference": "Well. It is plain.",
            "reference_reward": -0.4,
        }
        policy = {
            "policy": "Happy to help. It is lovely, and there is a bench by the door.",
            "policy_reward": 1.2,
        }
        JobEvent.objects.create(job=run.job, kind="sample", data={**sample, **policy})
    figures = {
        "checks": [{"name": "updates done", "value": 12.0, "needed": "30", "passed": False, "source": ""}],
        "reasons": ["updates done is 12, needed 30: it did not finish"],
    }
    GateResult.objects.create(run=run, gate="G2", passed=False, figures=figures)
    return world


def report(run: Run, step: int) -> None:
    data = {name: round(math.sin(step / 4 + i) + i, 4) for i, name in enumerate(FIGURES)}
    JobEvent.objects.create(job=run.job, kind="metrics", data={"step": step, **data})


def addresses(world: World) -> dict[str, str]:
    return {
        "models": "/models/",
        "model": f"/models/{ModelVersion.objects.get(name='tiny').pk}/",
        "datasets": "/datasets/",
        "dataset": f"/datasets/{PreferenceDataset.objects.get().pk}/",
        "runs": "/runs/",
        "run": f"/runs/{Run.objects.get().pk}/",
        "run-new": "/runs/new/?preset=tiny-ppo",
        "generate": f"/projects/{world.project.pk}/generate/",
    }


NAMES = ("models", "model", "datasets", "dataset", "runs", "run", "run-new", "generate")


def look(page: Page, name: str) -> None:
    """Keep a picture of the page where BYHAND_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_accessible_and_fits_a_phone(
    world: World, page: Page, phone: Page, sign_in: SignIn, axe: Axe, name: str
) -> None:
    for screen, width in ((page, "1280"), (phone, "390")):
        sign_in(screen, world.engineer)
        screen.goto(addresses(world)[name])
        assert screen.locator("h1").count() == 1
        axe(screen)
        look(screen, f"{name}-{width}")
        wide = screen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways at {width}"


def test_dark_colours_are_readable(world: World, dark: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(dark, world.engineer)
    dark.goto(addresses(world)["run"])
    axe(dark)
    look(dark, "run-dark")


def test_a_curve_is_drawn_for_each_figure_and_grows_live(world: World, page: Page, sign_in: SignIn) -> None:
    sign_in(page, world.engineer)
    page.goto(addresses(world)["run"])
    expect(page.locator("figure canvas")).to_have_count(len(FIGURES))
    reward = page.get_by_role("img", name="reward: 12 points")
    expect(reward).to_be_visible()
    report(Run.objects.get(), 13)
    expect(page.get_by_role("img", name="reward: 13 points")).to_be_visible(timeout=20_000)


def test_hostile_text_of_a_live_sample_is_shown_as_text(world: World, page: Page, sign_in: SignIn) -> None:
    sign_in(page, world.engineer)
    page.goto(addresses(world)["run"])
    text = "<img src=x onerror=alert(1)>\u202eabc"
    JobEvent.objects.create(
        job=Run.objects.get().job, kind="sample", data={"prompt": text, "policy": text, "reference": text}
    )
    shown = page.get_by_text("<img src=x onerror=alert(1)>⟦RLO⟧abc").first
    expect(shown).to_be_visible(timeout=20_000)
    assert page.locator("main img").count() == 0


def test_without_scripts_the_figures_are_a_table(
    world: World, new_page: Callable[..., Page], sign_in: SignIn
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, world.engineer)
    page.goto(addresses(world)["run"])
    expect(page.get_by_role("columnheader", name="entropy")).to_be_visible()
    assert page.locator("details table tbody tr").count() == 12


def test_five_mistakes_are_read_beside_the_text_that_was_typed(
    world: World, page: Page, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, world.engineer)
    page.goto("/runs/new/")
    config = "kind: ppo\nname: a b\npolicy: nope\nreward_model: tiny-reward\ndataset: places\n"
    config += "lr: 7\nkl_coeff: 1\nbatch_size: 999\n"
    page.get_by_label("Config (YAML)").fill(config)
    page.get_by_role("button", name="Start the run").click()
    expect(page.locator("#problems li")).to_have_count(5)
    expect(page.get_by_label("Config (YAML)")).to_have_value(config)
    axe(page)
    look(page, "run-new-mistakes-1280")
    assert Run.objects.count() == 1


def test_a_run_is_cancelled_by_keyboard(world: World, page: Page, sign_in: SignIn) -> None:
    sign_in(page, world.engineer)
    page.goto(addresses(world)["run"])
    page.get_by_role("button", name="Cancel this run").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("definition").filter(has_text="Cancelled").first).to_be_visible()
    assert Run.objects.get().state == JobState.CANCELLED


def test_the_labor_page_needs_no_account(world: World, page: Page, phone: Page, axe: Axe) -> None:
    digest = ModelVersion.objects.get(name="tiny").digest
    for screen, width in ((page, "1280"), (phone, "390")):
        screen.goto(f"/models/{digest}/labor")
        axe(screen)
        look(screen, f"labor-{width}")
    page.goto(f"/models/{'0' * 64}/labor")
    expect(page.get_by_text("that is not evidence of no labor")).to_be_visible()
    assert User.objects.count() == 3
