"""Every headline figure of one small world, by hand.

Six people. Each: 100 minutes of rankings that are in the data set, 20 on a skip, 15 of guidelines, 5 waiting:
140 minutes. Together 840 minutes = 14 h. At USD 18 an hour: 14 x 18 = USD 252. 480 rankings.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports import world
from wages.reports import release
from wages.reports.release import Edition

EDITION = Edition("2026-W47", 1, "", world.AT.isoformat())


def build(*leaves: Any, crew: int = 6, **changes: Any) -> dict[str, Any]:
    part = world.slice_of((*world.crew_leaves(crew), *leaves))
    return release.build(world.snapshot(part), world.subject(**changes), EDITION)


def figure(document: dict[str, Any], name: str) -> list[tuple[str, str, str, str]]:
    found = next(item for item in document["headline"] if item["id"] == name)
    assert found["denominator"] and found["how"]
    return [(cell["label"], cell["status"], cell["value"], cell["unit"]) for cell in found["cells"]]


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return build()


def test_hours_worked(example: dict[str, Any]) -> None:
    assert figure(example, "hours_worked") == [("Hours worked", "known", "14.0", "h")]


def test_received_is_nothing_until_a_payout_says_so(example: dict[str, Any]) -> None:
    assert figure(example, "received") == [
        ("Received", "known", "0.00", "USD"),
        ("Sent", "known", "0.00", "USD"),
        ("Earned", "known", "252", "USD"),
        ("Days from period end to receipt (p50, p95), overdue", "unknown", "", ""),
    ]


def test_effective_hourly_pay_against_the_floor(example: dict[str, Any]) -> None:
    assert figure(example, "effective_hourly") == [
        ("Hour-weighted", "known", "18.00", "USD/h"),
        ("Worker-weighted p10, p50, p90", "withheld", "", ""),
        ("Floor declared by the funder", "known", "15.00", "USD/h"),
        ("Worker-weeks below the declared floor", "known", "none", ""),
        ("Statutory minimum at the workers' locations", "unknown", "", ""),
    ]


def test_share_of_the_funding_does_not_apply_when_the_operator_pays_directly(example: dict[str, Any]) -> None:
    assert figure(example, "share")[0] == ("Share", "not_applicable", "", "")


def test_unpaid_and_unknown_time_is_shown_even_when_it_is_zero(example: dict[str, Any]) -> None:
    assert figure(example, "unpaid") == [
        ("Unpaid hours worked", "known", "0", "h"),
        ("Unknown hours", "known", "0", "h"),
        ("Time between release and recall", "unknown", "", ""),
    ]


@pytest.mark.parametrize("name", ["disputes", "statements", "sources", "worker_statements"])
def test_what_is_not_recorded_is_unknown_and_not_zero(example: dict[str, Any], name: str) -> None:
    assert {status for _, status, _, _ in figure(example, name)} == {"unknown"}


def test_hours_per_thousand_rankings(example: dict[str, Any]) -> None:
    """14 h / 480 x 1000 = 29.17."""
    assert figure(example, "energy")[1] == ("Hours per 1,000 rankings", "known", "29.2", "h")


def test_direct_and_also_needed_are_sums_of_the_rows(example: dict[str, Any]) -> None:
    time = example["time"]
    assert (time["direct"]["value"], time["direct"]["reason"]) == ("10.0", "71.4%")
    assert (time["also_needed"]["value"], time["also_needed"]["reason"]) == ("4.00", "28.6%")
    assert [(row["id"], row["hours"], row["percent"]) for row in time["rows"]] == [
        ("direct", "10.0", "71.4"),
        ("task", "2.00", "14.3"),
        ("guidelines", "1.50", "10.7"),
        ("waiting", "0.500", "3.6"),
    ]


def test_crew_is_a_band_and_counts_rate_card_and_lineage_are_there(example: dict[str, Any]) -> None:
    assert example["people"]["contributors"]["value"] == "5 to 9"
    assert [(cell["label"], cell["value"]) for cell in example["counts"]] == [
        ("rankings", "480"),
        ("skips", "6"),
        ("prompts", "600"),
        ("completions generated", "2400"),
    ]
    assert [(card["id"], card["rate"]["value"]) for card in example["rate_cards"]] == [(world.CARD, "18.00")]
    assert [step["kind"] for step in example["lineage"]] == ["base", "preferences", "reward", "ppo"]


def test_a_break_and_an_unknown_gap_of_everybody(example: dict[str, Any]) -> None:
    """Six paid breaks of 10 minutes (1 h, in the hours), six unpaid of 30 (nowhere), six gaps of 20 (2 h,
    apart).
    """
    people = [f"{number:032x}" for number in range(6)]
    extra = [
        leaf
        for who in people
        for leaf in (
            world.leaf(who, "break", 10),
            world.leaf(who, "break", 30, rate_card=None),
            world.leaf(who, "unknown", 20, rate_card=None),
        )
    ]
    document = build(*extra)
    assert figure(document, "hours_worked") == [("Hours worked", "known", "15.0", "h")]
    assert figure(document, "unpaid")[:2] == [
        ("Unpaid hours worked", "known", "0", "h"),
        ("Unknown hours", "known", "2.00", "h"),
    ]
    assert figure(document, "received")[2] == ("Earned", "known", "270", "USD")


def test_unknown_time_of_one_person_is_named_but_not_measured() -> None:
    document = build(world.leaf(f"{0:032x}", "unknown", 20, rate_card=None))
    cells = next(item for item in document["headline"] if item["id"] == "unpaid")["cells"]
    assert cells[1]["status"] == "withheld"
    assert cells[1]["reason"] == "some; fewer than 5 people contributed"


def test_volunteers_hours_stand_beside_paid_hours_and_lower_the_effective_rate() -> None:
    """Six more people work 140 minutes each at a rate of zero: USD 252 over 28 h is USD 9."""
    card = f"{world.PROJECT}/v0"
    volunteers = tuple(
        world.leaf(f"{100 + number:032x}", "task", 140, rate_card=card, earned_micro=0) for number in range(6)
    )
    fact = world.project_fact(
        rate_cards=(
            world.RateCardFact(card, 0, "2026-11-01T00:00:00+00:00", world.STARTS.isoformat()),
            world.RateCardFact(world.CARD, world.HOURLY, world.STARTS.isoformat(), ""),
        )
    )
    part = world.slice_of((*world.crew_leaves(), *volunteers))
    document = release.build(world.snapshot(part, projects=(fact,)), world.subject(), EDITION)
    assert figure(document, "hours_worked")[0][2] == "28.0"
    assert figure(document, "effective_hourly")[0][2] == "9.00"
    assert figure(document, "unpaid")[0] == ("Unpaid hours worked", "known", "14.0", "h")
    assert figure(document, "effective_hourly")[3][2] == "some"


def test_quantiles_are_shown_from_ten_contributors_and_rounded_to_a_twentieth() -> None:
    """Worker n earns (15 + n) an hour and two cents: p10, p50 and p90 of 15.02 ... 24.02 are 15, 19 and
    23.
    """
    people = tuple(
        world.leaf(f"{number:032x}", "task", 60, earned_micro=15_020_000 + number * 1_000_000)
        for number in range(10)
    )
    document = release.build(world.snapshot(world.slice_of(people)), world.subject(), EDITION)
    assert figure(document, "effective_hourly")[1] == (
        "Worker-weighted p10, p50, p90", "known", "15.00, 19.00, 23.00", "USD/h",
    )  # fmt: skip


def test_two_weeks_are_added_and_a_small_week_is_left_out_and_named() -> None:
    weeks = [world.slice_of(world.crew_leaves(6), 46, 1), world.slice_of(world.crew_leaves(6), 47, 2)]
    both = release.build(world.snapshot(*weeks), world.subject(), EDITION)
    assert figure(both, "hours_worked")[0][2] == "28.0"
    small = [weeks[0], world.slice_of(world.crew_leaves(3), 47, 2)]
    document = release.build(world.snapshot(*small), world.subject(), EDITION)
    assert figure(document, "hours_worked")[0][2] == "14.0"
    assert [(part["covered"], part["crew"]) for part in document["periods"]] == [
        (True, "5 to 9"),
        (False, "fewer than 5"),
    ]
    assert document["counts"][0]["status"] == "withheld"
    assert "withheld below" in document["not_known"][0]


def test_direct_work_outside_the_closed_periods_is_said() -> None:
    document = build(direct_work=frozenset({"rank:direct-0-a", "rank:not-closed"}))
    assert document["not_known"][0].startswith(
        "Some rankings behind this model have no time in a closed period."
    )


def test_reviews_of_what_is_in_the_data_sets_are_direct_work_and_other_reviews_are_not() -> None:
    reviews = [
        world.leaf(f"{number:032x}", "review", minutes, work)
        for number in range(6)
        for work, minutes in ((f"review:inside-{number}", 30), (f"review:outside-{number}", 10))
    ]
    inside = frozenset(leaf.work for leaf in reviews if leaf.work and "inside" in leaf.work)
    document = build(*reviews, direct_work=world.direct_of(world.crew_leaves(6)) | inside)
    hours = {row["id"]: row["hours"] for row in document["time"]["rows"]}
    assert hours["direct"] == "13.0"  # 6 x (100 + 30) minutes
    assert hours["review"] == "1.00"
