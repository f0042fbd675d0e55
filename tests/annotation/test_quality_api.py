"""The API of quality and reviews: what each answers, to whom, and that a GET changes nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from annotation.models import Adjudication, Item, ItemQuality, QualitySnapshot, Review, Reviewer
from byhand.accounts.models import User
from byhand.jobs.models import Job
from tests.annotation.rankings import add_reviewer, disagreeing, measure, order
from tests.annotation.world import World, fill, make_draft, make_open, person

pytestmark = pytest.mark.django_db
WHY = "Answer 1 names the right place."


@pytest.fixture
def world() -> World:
    made = make_open(k=4, overlap=2, items=3, annotators=2)
    disagreeing(made)
    return made


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, world: World, path: str, *, of: str = "projects", **query: Any) -> Any:
    return client_of(user).get(f"/api/v1/{of}/{world.project.pk}/{path}", query)


def post(user: User, world: World, path: str, body: dict[str, Any], *, of: str = "projects") -> Any:
    url = f"/api/v1/{of}/{world.project.pk}/{path}"
    return client_of(user).post(url, body, content_type="application/json")


def test_before_the_first_figures_there_are_none(world: World) -> None:
    answer = get(world.engineer, world, "quality/")
    assert (answer.status_code, answer.json()) == (200, {"snapshot": None, "job": None})


def test_asking_for_figures_returns_the_job(world: World) -> None:
    first = post(world.engineer, world, "quality/", {})
    again = post(world.engineer, world, "quality/", {})
    assert (first.status_code, first.json()) == (202, again.json())
    assert (
        get(world.engineer, world, "quality/").json()["job"]
        == first.json()["job"]
        == str(Job.objects.get().pk)
    )


def test_the_newest_figures_come_with_their_moment_and_method(world: World) -> None:
    measure(world)
    found = get(world.engineer, world, "quality/").json()["snapshot"]
    snapshot = QualitySnapshot.objects.get()
    assert (found["id"], found["method"], found["items"], found["ballots"]) == (
        str(snapshot.pk),
        "quality/1",
        3,
        6,
    )
    assert found["figures"]["agreement"]["tau_b"]["value"] == -1.0


def test_all_snapshots_are_paged_newest_first(world: World) -> None:
    measure(world)
    measure(world)
    page = get(world.engineer, world, "quality/snapshots/", limit=1).json()
    newest = QualitySnapshot.objects.order_by("-as_of")[0]
    assert ([row["id"] for row in page["results"]], page["next"] is None) == ([str(newest.pk)], False)


def test_agreement_by_item_is_filtered(world: World) -> None:
    measure(world)
    first = Item.objects.order_by("pk")[0]
    ItemQuality.objects.filter(item=first).update(needs_review=False)
    rows = get(world.engineer, world, "quality/items/", needs_review="false").json()["results"]
    assert [(row["item"], row["tau"], row["reasons"]) for row in rows] == [
        (first.pk, -1.0, ["low_agreement"])
    ]
    assert len(get(world.engineer, world, "quality/items/").json()["results"]) == 3


def test_the_consensus_of_an_item_says_its_ties(world: World) -> None:
    item = Item.objects.order_by("pk")[0]
    found = get(world.engineer, world, f"items/{item.pk}/consensus/").json()
    assert (found["ballots"], found["groups"], found["unacceptable"]) == (2, [[0, 1, 2, 3]], [])
    assert len(found["level_pairs"]) == 6
    assert found["bradley_terry"]["values"] == pytest.approx([0.0] * 4, abs=1e-6)
    assert found["plackett_luce"]["values"][1] > found["plackett_luce"]["values"][0]


def test_an_item_of_another_project_or_without_ballots_has_no_consensus(world: World) -> None:
    other = make_draft(slug="other-lab")
    fill(other, 1)
    theirs = Item.objects.get(project=other.project)
    assert get(world.engineer, world, f"items/{theirs.pk}/consensus/").status_code == 404
    assert get(other.engineer, other, f"items/{theirs.pk}/consensus/").status_code == 404


def test_a_review_from_taking_to_the_decision(world: World) -> None:
    measure(world)
    reviewer = add_reviewer(world)
    state = get(reviewer, world, "review/", of="work").json()
    assert state == {"review": None, "waiting": 3}
    taken = post(reviewer, world, "review/take", {}, of="work").json()["review"]
    assert [ballot["letter"] for ballot in taken["ballots"]] == ["A", "B"]
    assert get(reviewer, world, "review/", of="work").json()["review"]["id"] == taken["id"]
    body = {
        "review": taken["id"], "decision": "ranking", "answer": order(2, 1, 0, 3), "reason": WHY, "key": "first-key"
    }  # fmt: skip
    decided = post(reviewer, world, "review/decide", body, of="work")
    assert (decided.status_code, decided.json()["status"], decided.json()["reopened"]) == (
        200,
        "decided",
        False,
    )
    assert post(reviewer, world, "review/decide", body, of="work").json()["status"] == "replayed"
    rows = get(world.engineer, world, "adjudications/").json()["results"]
    assert [(row["item"], row["decision"], row["answer"]["groups"], row["reason"]) for row in rows] == [
        (taken["item"], "ranking", [[2], [1], [0], [3]], WHY)
    ]
    assert "reviewer" not in rows[0]


def test_giving_back_leaves_nothing_in_hand(world: World) -> None:
    measure(world)
    reviewer = add_reviewer(world)
    taken = post(reviewer, world, "review/take", {}, of="work").json()["review"]
    answer = post(reviewer, world, "review/release", {"review": taken["id"]}, of="work")
    assert (answer.status_code, answer.json()) == (200, {"review": None, "waiting": 3})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"reason": ""}, "reason"),
        ({"decision": "ranking"}, "answer"),
        ({"decision": "ranking", "answer": [1, 2]}, "answer"),
        ({"decision": "ballot", "ballot": str(uuid.uuid4())}, "ballot"),
        ({"review": "no"}, "review"),
    ],
)
def test_a_bad_decision_names_its_field_and_stores_nothing(
    world: World, change: dict[str, Any], named: str
) -> None:
    measure(world)
    reviewer = add_reviewer(world)
    taken = post(reviewer, world, "review/take", {}, of="work").json()["review"]
    body = {"review": taken["id"], "decision": "consensus", "reason": WHY, "key": "some-key-1", **change}
    answer = post(reviewer, world, "review/decide", body, of="work")
    assert answer.status_code == 422
    assert [problem for problem in answer.json()["problems"] if problem.startswith(named)] != []
    assert Adjudication.objects.count() == 0


def test_who_is_no_reviewer_is_told_so(world: World) -> None:
    measure(world)
    for answer in (
        get(world.worker, world, "review/", of="work"),
        post(world.worker, world, "review/take", {}, of="work"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_reviewer")
    assert Review.objects.count() == 0


def test_engineers_name_and_end_reviewers(world: World) -> None:
    named = post(world.engineer, world, "reviewers/", {"email": world.worker.email})
    masked = world.worker.email[:2] + "…@example.org"  # engineers are given no address of an annotator
    assert (named.status_code, named.json()["masked"], named.json()["ended_at"]) == (200, masked, None)
    assert world.worker.email not in named.content.decode()
    listed = get(world.engineer, world, "reviewers/")
    assert world.worker.email not in listed.content.decode()
    assert [row["id"] for row in listed.json()["results"]] == [named.json()["id"]]
    ended = post(world.engineer, world, f"reviewers/{named.json()['id']}/end", {})
    assert ended.json()["ended_at"] is not None
    assert get(world.engineer, world, "reviewers/").json()["results"] == []


@pytest.mark.parametrize(
    "path", ["quality/", "quality/snapshots/", "quality/items/", "adjudications/", "reviewers/"]
)
def test_for_everybody_else_the_project_does_not_exist(world: World, path: str) -> None:
    measure(world)
    for stranger in (world.worker, world.steward, person("stranger")):
        assert get(stranger, world, path).status_code == 404
    assert Client().get(f"/api/v1/projects/{world.project.pk}/{path}").status_code in {401, 403}


def test_no_answer_for_engineers_holds_a_pseudonym_or_a_weight(world: World) -> None:
    measure(world)
    names = list(world.project.participations.values_list("pseudonym", flat=True))
    paths = ["quality/", "quality/snapshots/", "quality/items/", "adjudications/"]
    text = "".join(get(world.engineer, world, path).content.decode() for path in paths)
    assert [name for name in names if name in text] == []
    assert '"weight"' not in text


def test_reviewer_pages_refuse_who_is_none_and_change_nothing(world: World) -> None:
    answer = client_of(world.worker).get(f"/work/{world.project.pk}/review/")
    assert answer.status_code == 403
    assert client_of(person("stranger")).get(f"/work/{world.project.pk}/review/").status_code == 404
    assert Reviewer.objects.count() == 0


def test_the_page_of_quality_works_before_there_is_anything(world: World) -> None:
    answer = client_of(world.engineer).get(f"/projects/{world.project.pk}/quality/")
    assert "No figures yet" in answer.content.decode()
    part = client_of(world.engineer).get(f"/projects/{world.project.pk}/quality/", {"part": "live"})
    assert "<html" not in part.content.decode()


def test_the_button_asks_for_figures_once(world: World) -> None:
    client = client_of(world.engineer)
    for _ in range(2):
        assert client.post(f"/projects/{world.project.pk}/quality/compute/").status_code == 302
    assert Job.objects.count() == 1
    assert client_of(world.worker).post(f"/projects/{world.project.pk}/quality/compute/").status_code == 404


def test_reviewers_find_the_way_from_their_list_of_work_and_others_do_not(world: World) -> None:
    reviewer = add_reviewer(world)
    link = f"/work/{world.project.pk}/review/"
    assert link in client_of(reviewer).get("/work/").content.decode()
    assert link not in client_of(world.worker).get("/work/").content.decode()
