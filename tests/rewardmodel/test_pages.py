"""Pages of training: who may see and do what, hostile text, and mistakes shown in place with nothing started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Generation
from byhand.accounts.models import User
from byhand.jobs.models import Job, JobEvent
from rewardmodel.models import GateResult, ModelVersion, PreferenceDataset, Run
from rewardmodel.services import freeze_dataset, launch_run, register_model
from tests.rewardmodel.conftest import World, make_folder, make_world
from tests.rewardmodel.test_launch import PPO

HOSTILE = '<script>alert("x")</script>\u202e\u200bhidden'


@pytest.fixture
def ready(world: World, tmp_path: Path) -> World:
    """A world with a run that has reported a point, a sample and a refused gate."""
    world.ranked(40)
    freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    for value, (name, kind) in enumerate([("tiny", "policy"), ("tiny-reward", "reward")]):
        register_model(
            actor=world.engineer, organisation=world.organisation, folder=make_folder(tmp_path / name, float(value)),
            name=name, kind=kind,
        )  # fmt: skip
    run = launch_run(actor=world.engineer, config=PPO)
    JobEvent.objects.create(job=run.job, kind="metrics", data={"step": 1, "reward": 0.25, "kl": 0.5})
    JobEvent.objects.create(
        job=run.job,
        kind="sample",
        data={"prompt": HOSTILE, "policy": HOSTILE, "reference": "plain", "update": 1},
    )
    figures = {
        "checks": [{"name": "guards", "value": "length", "needed": "no stop", "passed": False}],
        "reasons": ["why"],
    }
    GateResult.objects.create(run=run, gate="G2", passed=False, figures=figures)
    return world


@pytest.fixture
def as_(client: Client) -> Callable[[User | None], Client]:
    def sign_in(user: User | None) -> Client:
        client.logout()
        if user is not None:
            client.force_login(user)
        return client

    return sign_in


def addresses(world: World) -> dict[str, str]:
    run = Run.objects.earliest("created_at")
    dataset = PreferenceDataset.objects.earliest("created_at")
    return {
        "models": reverse("models"),
        "model": reverse("model", args=[ModelVersion.objects.get(name="tiny").pk]),
        "datasets": reverse("datasets"),
        "dataset": reverse("dataset", args=[dataset.pk]),
        "runs": reverse("runs"),
        "run": reverse("run", args=[run.pk]),
        "run-new": reverse("run-new"),
        "generate": reverse("generate-candidates", args=[world.project.pk]),
    }


PAGES = ("models", "model", "datasets", "dataset", "runs", "run", "run-new", "generate")
OBJECT_PAGES = ("model", "dataset", "run", "generate")
As = Callable[[User | None], Client]


@pytest.mark.parametrize("name", PAGES)
def test_an_engineer_sees_every_page(ready: World, as_: As, name: str) -> None:
    response = as_(ready.engineer).get(addresses(ready)[name])
    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_asked_to_sign_in(ready: World, as_: As, name: str) -> None:
    response = as_(None).get(addresses(ready)[name])
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


@pytest.mark.parametrize("name", PAGES)
def test_an_annotator_sees_none_of_it(ready: World, as_: As, name: str) -> None:
    assert as_(ready.annotator).get(addresses(ready)[name]).status_code == 404


@pytest.mark.parametrize("name", OBJECT_PAGES)
def test_another_organisation_is_told_that_there_is_nothing(ready: World, as_: As, name: str) -> None:
    response = as_(make_world().engineer).get(addresses(ready)[name])
    assert response.status_code == 404
    assert "tiny" not in response.content.decode()


def test_lists_show_nothing_of_another_organisation(ready: World, as_: As) -> None:
    client = as_(make_world().engineer)
    for name in ("models", "datasets", "runs"):
        text = client.get(addresses(ready)[name]).content.decode()
        assert "tiny" not in text
        assert "Places</a>" not in text


def test_a_steward_sees_runs_and_launches_none(ready: World, as_: As) -> None:
    client = as_(ready.steward)
    assert client.get(addresses(ready)["run"]).status_code == 200
    assert client.get(addresses(ready)["run-new"]).status_code == 403
    before = Job.objects.count()
    form = {"config": "kind: ppo", "key": "k", "organisation": str(ready.organisation.pk)}
    assert client.post(addresses(ready)["run-new"], form).status_code == 403
    assert (
        client.post(addresses(ready)["datasets"], {"project": str(ready.project.pk), "seed": 2}).status_code
        == 403
    )
    assert client.get(addresses(ready)["generate"]).status_code == 403
    assert client.post(addresses(ready)["generate"], generate_form(ready)).status_code == 403
    assert (Job.objects.count(), PreferenceDataset.objects.count()) == (before, 1)


def test_a_steward_and_a_stranger_can_t_cancel(ready: World, as_: As) -> None:
    address = reverse("run-cancel", args=[Run.objects.get().pk])
    assert as_(ready.steward).post(address).status_code == 403
    assert as_(make_world().engineer).post(address).status_code == 404
    job = Run.objects.get().job
    assert (job.state, job.cancel_requested) == ("queued", False)


def test_an_engineer_cancels(ready: World, as_: As) -> None:
    run = Run.objects.get()
    response = as_(ready.engineer).post(reverse("run-cancel", args=[run.pk]))
    assert response["Location"] == reverse("run", args=[run.pk])
    assert Run.objects.get().state == "cancelled"


def test_a_get_changes_no_row(ready: World, as_: As) -> None:
    client = as_(ready.engineer)
    for name in PAGES:
        with CaptureQueriesContext(connection) as queries:
            client.get(addresses(ready)[name])
        writes = [q["sql"] for q in queries if q["sql"].split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE")]
        assert writes == [], name


def test_hostile_text_of_a_sample_is_shown_as_text(ready: World, as_: As) -> None:
    text = as_(ready.engineer).get(addresses(ready)["run"]).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "\u202e" not in text
    assert "\u200b" not in text


def test_the_run_page_has_its_figures_as_a_table_and_says_why_a_gate_refused(ready: World, as_: As) -> None:
    text = as_(ready.engineer).get(addresses(ready)["run"]).content.decode()
    assert '<th scope="col" class="num">reward</th>' in text
    assert "0.25" in text
    assert "<li>why</li>" in text


def run_form(world: World, config: str) -> dict[str, str]:
    return {"config": config, "key": uuid4().hex, "organisation": str(world.organisation.pk)}


def test_mistakes_are_shown_in_place_and_nothing_starts(ready: World, as_: As) -> None:
    config = "kind: ppo\nname: x y\npolicy: nope\nreward_model: tiny-reward\ndataset: places\nlr: 7\nbatch_size: 8\n"
    response = as_(ready.engineer).post(addresses(ready)["run-new"], run_form(ready, config))
    text = response.content.decode()
    assert response.status_code == 422
    assert "3 things to change" in text
    assert all(place in text for place in ("line 2: name:", "line 3: policy:", "line 6: lr:"))
    assert "policy: nope" in text  # what was typed is still there
    assert Run.objects.count() == 1


def test_a_sound_config_starts_a_run_once(ready: World, as_: As) -> None:
    config = (
        "kind: ppo\nname: again\npolicy: tiny\nreward_model: tiny-reward\ndataset: places\nbatch_size: 8\n"
    )
    form = run_form(ready, config)
    client = as_(ready.engineer)
    first = client.post(addresses(ready)["run-new"], form)
    second = client.post(addresses(ready)["run-new"], form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Run.objects.filter(name="again").count() == 1


def test_a_preset_fills_the_form_and_a_path_does_not(ready: World, as_: As) -> None:
    client, address = as_(ready.engineer), addresses(ready)["run-new"]
    assert "segment_updates: 6" in client.get(address, {"preset": "tiny-ppo"}).content.decode()
    assert "[tool.ruff]" not in client.get(address, {"preset": "../pyproject.toml"}).content.decode()


def generate_form(world: World, **changes: Any) -> dict[str, Any]:
    policy = ModelVersion.objects.get(name="tiny").pk
    usual = {
        "policy": policy,
        "k": 4,
        "temperature": 1.0,
        "top_p": 1.0,
        "max_new_tokens": 16,
        "seed": 1,
        "key": "g",
    }
    return {**usual, **changes}


def test_generate_goes_to_the_live_job_once(ready: World, as_: As) -> None:
    client, address = as_(ready.engineer), addresses(ready)["generate"]
    first = client.post(address, generate_form(ready))
    assert client.post(address, generate_form(ready))["Location"] == first["Location"]
    job = Job.objects.get(kind="rewardmodel.generate")
    assert first["Location"] == reverse("job", args=[job.pk])
    assert job.payload["sampling"]["max_new_tokens"] == 16


@pytest.mark.parametrize(
    "change",
    [{"k": 3}, {"temperature": 0}, {"top_p": 1.5}, {"max_new_tokens": 0}, {"seed": -1}, {"policy": uuid4()}],
)
def test_generate_refuses_what_can_t_be_drawn(ready: World, as_: As, change: dict[str, Any]) -> None:
    response = as_(ready.engineer).post(addresses(ready)["generate"], generate_form(ready, **change))
    assert response.status_code == 422
    assert 'class="errorlist' in response.content.decode()
    assert not Job.objects.filter(kind="rewardmodel.generate").exists()
    assert Generation.objects.count() == 1  # the one that the fixture made


def test_a_reward_model_writes_no_candidates(ready: World, as_: As) -> None:
    form = generate_form(ready, policy=ModelVersion.objects.get(name="tiny-reward").pk)
    assert as_(ready.engineer).post(addresses(ready)["generate"], form).status_code == 422
    assert not Job.objects.filter(kind="rewardmodel.generate").exists()


def test_freezing_from_the_page(ready: World, as_: As) -> None:
    form = {"project": str(ready.project.pk), "seed": 9}
    response = as_(ready.engineer).post(addresses(ready)["datasets"], form)
    made = PreferenceDataset.objects.get(manifest__seed=9)
    assert response["Location"] == reverse("dataset", args=[made.pk])


def test_the_labor_page_is_public_and_knows_a_model_by_any_of_its_files(ready: World, as_: As) -> None:
    model = ModelVersion.objects.get(name="tiny")
    for digest in (model.digest, model.files.get(name="model.safetensors").sha256, model.digest.upper()):
        response = as_(None).get(f"/models/{digest}/labor")
        assert response.status_code == 200
        assert "tiny" not in response.content.decode().replace("tiny.", "")


def test_an_unknown_digest_is_no_evidence(ready: World, as_: As) -> None:
    assert as_(None).get(f"/models/{'0' * 64}/labor/").status_code == 404
    response = as_(None).get(f"/models/{'0' * 64}/labor")
    assert response.status_code == 404
    assert "We do not know this file; that is not evidence of no labor." in response.content.decode()


def test_a_simulated_run_is_marked(simulated_world: World, as_: As, tmp_path: Path) -> None:
    world = simulated_world
    world.ranked(40)
    freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    folder = make_folder(tmp_path / "m")
    register_model(
        actor=world.engineer, organisation=world.organisation, folder=folder, name="tiny", kind="policy"
    )
    launch_run(
        actor=world.engineer, config={"kind": "reward", "name": "r", "base": "tiny", "dataset": "places"}
    )
    for name in ("models", "model", "datasets", "dataset", "runs", "run"):
        assert "badge--simulated" in as_(world.engineer).get(addresses(world)[name]).content.decode(), name
