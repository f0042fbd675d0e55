"""The annotator's JSON interface: session cookie and CSRF token, the same rules as the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from annotation.models import Acceptance, Ballot, Lease, Participation, Skip
from tests.annotation.world import World, add_annotator, make_draft, make_open, person
from wages.models import Interval, WorkerClock

pytestmark = pytest.mark.django_db


class Caller:
    """A signed-in browser without pages: sends JSON with the CSRF token of its cookie."""

    def __init__(self, world: World, user: Any) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)
        self.client.get("/profile/")  # a page with a form: it sets the CSRF cookie
        self.base = f"/api/v1/work/{world.project.pk}/"

    def get(self) -> Any:
        return self.client.get(self.base)

    def post(self, act: str, csrf: bool = True, **body: Any) -> Any:
        token = self.client.cookies[settings.CSRF_COOKIE_NAME].value if csrf else ""
        headers = {"X-CSRFToken": token} if csrf else {}
        return self.client.post(self.base + act, body, content_type="application/json", headers=headers)


@pytest.fixture
def world(db: None) -> World:
    return make_open(items=2)


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world, world.worker)


def test_a_person_is_led_from_joining_to_the_first_item(world: World) -> None:
    caller = Caller(world, add_annotator(world, "fresh", ready=False))
    assert caller.get().json()["step"] == "join"
    state = caller.post("join").json()
    assert (state["step"], state["document"]["version"], state["clock"]["state"]) == ("terms", 1, "stopped")
    state = caller.post("begin").json()
    assert (state["clock"]["state"], state["clock"]["category"]) == ("running", "guidelines")
    state = caller.post("accept", document=state["document"]["id"]).json()
    assert state["step"] == "guidelines"
    state = caller.post("accept", document=state["document"]["id"]).json()
    assert (state["step"], state["document"]) == ("start", None)
    state = caller.post("start", tab="tab-1").json()
    assert (state["step"], state["clock"]["category"]) == ("rank", "task")
    assert len(state["lease"]["completions"]) == 4
    assert state["clock"]["hourly_micro"] == "22200000"
    assert state["clock_token"]


def test_completions_come_in_the_shown_order_with_their_index(caller: Caller) -> None:
    lease = caller.post("start").json()["lease"]
    kept = Lease.objects.get(pk=lease["id"])
    assert [one["index"] for one in lease["completions"]] == kept.shown_order
    assert all(one["text"].startswith(f"Completion {one['index']}.") for one in lease["completions"])


def test_rank_and_next_until_nothing_is_left(caller: Caller, world: World) -> None:
    lease = caller.post("start").json()["lease"]
    for number in (1, 2):
        answer = {
            "lease": lease["id"],
            "groups": [[0], [1, 2]],
            "unacceptable": [3],
            "key": f"key-number-{number}",
        }
        assert caller.post("submit", **answer).json()["status"] == "counted"
        assert caller.post("submit", **answer).json()["status"] == "replayed"
        following = caller.post("next").json()
        lease = following["lease"]
    assert (following["status"], lease) == ("waiting", None)
    assert Ballot.objects.count() == 2
    assert WorkerClock.objects.get(worker=world.worker).category == "waiting"
    assert caller.get().json()["step"] == "waiting"


def test_a_skip_needs_a_reason_and_replays(caller: Caller) -> None:
    lease = caller.post("start").json()["lease"]
    bad = caller.post("skip", lease=lease["id"], reason="bored", key="key-number-1")
    assert (bad.status_code, Skip.objects.count()) == (422, 0)
    for _ in range(2):
        good = caller.post("skip", lease=lease["id"], reason="unclear", key="key-number-1")
        assert good.json() == {"status": "skipped", "lease": lease["id"]}
    assert Skip.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"groups": [[0], [1]]}, 422, "invalid_ranking"),
        ({"groups": {"a": 1}}, 422, "invalid_ranking"),
        ({"groups": [[0, 1], [2, 2]]}, 422, "invalid_ranking"),
        ({"lease": "not-a-uuid"}, 422, "invalid"),
        ({"lease": "00000000-0000-4000-8000-000000000000"}, 404, "not_found"),
        ({"key": "x"}, 422, "invalid"),
        ({"key": None}, 422, "invalid"),
        ({"note": "x" * 4001}, 422, "invalid"),
    ],
)
def test_a_bad_submit_is_a_problem_and_changes_nothing(
    caller: Caller, world: World, change: dict[str, Any], status: int, code: str
) -> None:
    lease = caller.post("start").json()["lease"]
    before = Interval.objects.count()
    answer = {
        "lease": lease["id"],
        "groups": [[0], [1, 2]],
        "unacceptable": [3],
        "key": "key-number-1",
    } | change
    response = caller.post("submit", **answer)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"].startswith("application/problem+json")
    assert (Ballot.objects.count(), Interval.objects.count()) == (0, before)
    assert Lease.objects.filter(project=world.project, state="live").count() == 1


def test_the_same_key_with_another_answer_is_a_conflict(caller: Caller) -> None:
    lease = caller.post("start").json()["lease"]
    answer = {"lease": lease["id"], "groups": [[0], [1], [2], [3]], "unacceptable": [], "key": "key-number-1"}
    caller.post("submit", **answer)
    response = caller.post("submit", **answer | {"groups": [[3], [1], [2], [0]]})
    assert (response.status_code, response.json()["code"]) == (409, "key_reused")
    assert Ballot.objects.count() == 1


def test_nothing_is_done_without_the_csrf_token(caller: Caller, world: World) -> None:
    assert caller.post("start", csrf=False).status_code == 403
    assert Lease.objects.count() == 0
    assert not WorkerClock.objects.filter(worker=world.worker).exclude(category="").exists()


def test_who_is_not_signed_in_gets_nothing(world: World) -> None:
    assert Client().get(f"/api/v1/work/{world.project.pk}/").status_code in {401, 403}


def test_who_is_not_invited_learns_nothing(world: World) -> None:
    other = make_draft(slug="other-lab")
    for who in (person("stranger"), other.engineer, world.engineer):
        caller = Caller(world, who)
        assert caller.get().status_code == 404
        for act in ("join", "begin", "start", "next"):
            assert caller.post(act).status_code in {403, 404}
    assert Participation.objects.count() == 1
    assert Lease.objects.count() == 0


def test_a_document_of_another_project_is_not_accepted_here(world: World) -> None:
    other = make_draft(slug="other-lab")
    before = Acceptance.objects.count()
    caller = Caller(world, world.worker)
    document = other.project.documents.first()
    assert document is not None
    assert caller.post("accept", document=str(document.pk)).status_code == 404
    assert Acceptance.objects.count() == before


def test_reading_the_state_changes_nothing(caller: Caller, world: World) -> None:
    caller.post("start")
    clock = WorkerClock.objects.values().get(worker=world.worker)
    caller.get()
    caller.client.get(f"/work/{world.project.pk}/")
    assert WorkerClock.objects.values().get(worker=world.worker) == clock
    assert (Lease.objects.count(), only_lease_live(world)) == (1, 1)


def only_lease_live(world: World) -> int:
    return Lease.objects.filter(project=world.project, state="live").count()


def test_engineers_read_their_projects_and_nobody_elses(world: World) -> None:
    other = make_draft(slug="other-lab")
    client = Client()
    client.force_login(world.engineer)
    assert [project["id"] for project in client.get("/api/v1/projects/").json()["results"]] == [
        str(world.project.pk)
    ]
    detail = client.get(f"/api/v1/projects/{world.project.pk}/").json()
    assert (detail["title"], detail["simulated"], detail["top_m"]) == ("Capitals", True, None)
    assert client.get(f"/api/v1/projects/{other.project.pk}/").status_code == 404
