"""Money without time of its own (top-ups, bonuses, costs) is in what was earned; alone where safe."""

from __future__ import annotations

from tests.reports.world import crew_leaves, direct_of, leaf, slice_of, snapshot
from wages.reports import headline
from wages.reports.snapshot import Leaf
from wages.reports.workload import Workload, make


def added(category: str, micro: int, crew: int) -> tuple[Leaf, ...]:
    """The same sum for each of the first workers."""
    return tuple(
        leaf(f"{number:032x}", category, 0, earned_micro=micro, rate_card=None) for number in range(crew)
    )


def workload(*extra: Leaf) -> Workload:
    return make(snapshot(slice_of((*crew_leaves(6), *extra))), direct_of(crew_leaves(6)))


def cells(figure: dict[str, object]) -> dict[str, tuple[object, object]]:
    rows = figure["cells"]
    assert isinstance(rows, list)
    return {row["label"]: (row["status"], row.get("value") or row.get("reason")) for row in rows}


def test_what_was_added_is_in_what_was_earned() -> None:
    plain, more = workload(), workload(*added("bonus", 2_000_000, 6), *added("top_up", 1_000_000, 6))
    assert plain.earned_micro() == 6 * 42_000_000
    assert more.earned_micro() == 6 * 45_000_000
    assert more.ms() == plain.ms()
    assert headline.money_barred(more) == ""


def test_top_ups_and_the_rest_have_lines_of_their_own() -> None:
    shown = cells(headline.received(workload(*added("bonus", 2_000_000, 6), *added("top_up", 1_000_000, 6))))
    assert shown["Earned"] == ("known", "270")
    assert shown["Of it: top-ups to the floor"] == ("known", "6.00")
    assert shown["Of it: pieces, premiums, bonuses, costs and corrections"] == ("known", "12.00")


def test_a_sum_that_would_tell_one_persons_money_is_withheld() -> None:
    shown = cells(headline.received(workload(*added("top_up", 1_000_000, 2))))
    status, reason = shown["Of it: top-ups to the floor"]
    assert status == "withheld"
    assert str(reason).startswith("some; ")
    assert "Of it: pieces, premiums, bonuses, costs and corrections" not in shown


def test_refunded_costs_are_no_hourly_pay_and_a_bonus_does_not_reach_a_floor() -> None:
    costly = workload(*added("cost", 7_000_000, 6))
    assert costly.earned_micro(headline.is_pay) == 6 * 42_000_000
    weeks = workload(*added("bonus", 9_000_000, 6)).worker_weeks(headline.is_for_time)
    assert [earned for _ms, earned in weeks] == [42_000_000] * 6
