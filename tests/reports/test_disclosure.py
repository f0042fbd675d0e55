from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports import world
from wages.reports import disclosure, workload

AMOUNTS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("crew", "band"),
    [(0, "fewer than 5"), (4, "fewer than 5"), (5, "5 to 9"), (9, "5 to 9"), (10, "10 to 24"), (24, "10 to 24"),
     (25, "25 to 99"), (99, "25 to 99"), (100, "100 to 249"), (249, "100 to 249"), (250, "250 or more")],
)  # fmt: skip
def test_the_crew_is_a_band(crew: int, band: str) -> None:
    assert disclosure.crew_band(crew) == band


def test_four_contributors_are_too_few_and_zeros_count_for_nobody() -> None:
    assert disclosure.refusal([10, 10, 10, 10, 0, 0], 10) == disclosure.TOO_FEW
    assert disclosure.refusal([10, 10, 10, 10, 10], 10) == ""


def test_the_p_percent_rule_at_its_border() -> None:
    """X - x1 - x2 must be at least p% of x1: 90 of 900 passes at p = 10, 89 does not."""
    assert disclosure.refusal([900, 850, 30, 30, 30], 10) == ""
    assert disclosure.refusal([900, 850, 30, 30, 29], 10) == disclosure.TOO_CONCENTRATED


def test_cap_slack_at_its_border() -> None:
    """Five people, cap 100: at most 375 may be worked for the total to be shown."""
    assert disclosure.cap_refusal([75, 75, 75, 75, 75], 100) == ""
    assert disclosure.cap_refusal([75, 75, 75, 75, 76], 100) == disclosure.TOO_CLOSE_TO_CAP


def test_the_cap_is_eight_hours_a_day_and_forty_a_week() -> None:
    part = world.slice_of(())
    assert workload.cap_ms(part) == 40 * workload.HOUR_MS
    cut = world.Slice(**{**vars(part), "ends": "2026-11-17T13:00:00+00:00"})
    assert workload.cap_ms(cut) == 16 * workload.HOUR_MS


def test_a_crew_at_its_cap_is_withheld() -> None:
    people = tuple(world.leaf(f"{number:032x}", "task", 31 * 60) for number in range(6))
    assert workload.slice_refusal(world.slice_of(people), 10) == disclosure.TOO_CLOSE_TO_CAP


def test_small_cells_are_put_together_with_the_smallest_safe_one_until_they_pass() -> None:
    five = {f"w{number}": 10 for number in range(5)}
    cells = {"task": [dict.fromkeys(five, 100)], "waiting": [five], "review": [{"w0": 3}]}
    assert disclosure.break_down(cells, 10) == disclosure.Breakdown(("task",), ("waiting", "review"))


def test_no_breakdown_is_better_than_one_that_tells_by_subtraction() -> None:
    cells = {"task": [{f"w{number}": 100 for number in range(5)}], "review": [{"w0": 3}]}
    assert disclosure.break_down(cells, 10) == disclosure.Breakdown((), ())


def test_a_cell_must_pass_in_every_week_that_it_has_time_in() -> None:
    five = {f"w{number}": 10 for number in range(5)}
    cells = {"task": [dict.fromkeys(five, 50), dict.fromkeys(five, 50)], "waiting": [five, {"w0": 1}]}
    assert disclosure.break_down(cells, 10) == disclosure.Breakdown((), ())


@given(
    st.dictionaries(
        st.sampled_from(["task", "waiting", "review", "guidelines", "admin"]),
        st.lists(AMOUNTS, min_size=9, max_size=9),
        min_size=1,
    )
)
def test_whatever_is_shown_passes_the_rules_alone_and_by_subtraction(cells: dict[str, list[int]]) -> None:
    named = {
        name: [{f"w{place}": value for place, value in enumerate(values)}] for name, values in cells.items()
    }
    groups = disclosure.break_down(named, 10)
    for name in groups.alone:
        assert disclosure.refusal(cells[name], 10) == ""
    if groups.together:
        merged = [sum(cells[name][place] for name in groups.together) for place in range(9)]
        assert disclosure.refusal(merged, 10) == ""
    assert not set(groups.alone) & set(groups.together)
    if groups.alone:
        assert {*groups.alone, *groups.together} == {name for name, values in cells.items() if any(values)}


def test_quantiles_are_nearest_rank() -> None:
    values = list(range(1, 11))
    assert [disclosure.quantile(values, percent) for percent in (10, 50, 90)] == [1, 5, 9]


def test_hours_and_money_together_do_not_tell_the_hours_of_a_rate_card_with_one_person() -> None:
    other = f"{world.PROJECT}/v2"
    odd = world.leaf(f"{0:032x}", "task", 10, rate_card=other, earned_micro=4_000_000)
    work = workload.make(world.snapshot(world.slice_of((*world.crew_leaves(), odd))), frozenset())
    from wages.reports import headline

    assert headline.money_barred(work) == headline.CARDS
    earned = headline.received(work)["cells"][2]
    assert earned["status"] == "withheld"
