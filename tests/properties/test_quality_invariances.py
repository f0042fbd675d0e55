"""What must not change a measure: other numbers for completions, another order of people, the same ballots again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.quality.agreement import entropy, mean_pairwise, tau_b
from annotation.quality.alpha import alpha, coincidences, merged
from annotation.quality.bias import null_of_place, place_sum, tied_sizes
from annotation.quality.consensus import pairwise, plackett_luce
from annotation.quality.majority import majorities
from annotation.quality.orders import Order, midranks, order_of
from annotation.quality.verdict import Judged, assess, consensus

K = 4


@st.composite
def orders(draw: st.DrawFn, k: int = K) -> Order:
    """Any answer of K completions: ties, unranked ones, unacceptable ones."""
    levels = draw(st.lists(st.integers(0, k + 1), min_size=k, max_size=k))
    unacceptable = [i for i in range(k) if levels[i] == k]
    unranked = [i for i in range(k) if levels[i] == k + 1]
    groups = [[i for i in range(k) if levels[i] == at] for at in sorted(set(levels) - {k, k + 1})]
    return order_of(groups, unranked, unacceptable)


several = st.lists(orders(), min_size=1, max_size=6)
names = st.permutations(range(K))


def close(value: float | None) -> object:
    return None if value is None else pytest.approx(value, abs=1e-9)


@given(orders(), orders())
def test_tau_is_symmetric_between_minus_one_and_one(one: Order, other: Order) -> None:
    tau = tau_b(one, other)
    assert tau == tau_b(other, one)
    assert tau is None or -1 <= tau <= 1 + 1e-12


@given(orders())
def test_tau_with_itself_is_one_or_undefined(order: Order) -> None:
    assert tau_b(order, order) in {1.0, None}


@given(orders(), orders())
def test_turning_one_around_turns_the_sign(one: Order, other: Order) -> None:
    tau = tau_b(one, other)
    assert tau_b(one.reversed(), other) == close(-tau if tau is not None else None)


@given(several, names)
def test_other_numbers_for_the_completions_change_no_agreement(
    ballots: list[Order], other: list[int]
) -> None:
    renamed = [order.relabelled(other) for order in ballots]
    assert mean_pairwise(renamed).mean == close(mean_pairwise(ballots).mean)
    assert entropy(renamed) == close(entropy(ballots))
    assert alpha(coincidences(renamed)) == close(alpha(coincidences(ballots)))


@given(several, st.randoms())
def test_another_order_of_people_changes_nothing(ballots: list[Order], dice: object) -> None:
    mixed = list(ballots)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert mean_pairwise(mixed).mean == close(mean_pairwise(ballots).mean)
    assert alpha(coincidences(mixed)) == close(alpha(coincidences(ballots)))
    assert majorities(mixed, K) == majorities(ballots, K)
    assert (
        consensus([Judged(o) for o in mixed], K).groups == consensus([Judged(o) for o in ballots], K).groups
    )


@given(several, names)
def test_the_consensus_is_named_as_the_completions_are(ballots: list[Order], other: list[int]) -> None:
    renamed = [order.relabelled(other) for order in ballots]
    for fit in (pairwise, plackett_luce):
        before, after = fit(ballots, K).values, fit(renamed, K).values
        assert [after[other[i]] for i in range(K)] == pytest.approx(before, abs=1e-6)
    cycles = {frozenset(other[i] for i in cycle) for cycle in majorities(ballots, K).cycles}
    assert {frozenset(cycle) for cycle in majorities(renamed, K).cycles} == cycles


@given(several)
def test_the_same_ballots_twice_keep_the_majorities_and_the_order(ballots: list[Order]) -> None:
    once, twice = majorities(ballots, K), majorities([*ballots, *ballots], K)
    assert (twice.cycles, twice.level_pairs, twice.winner) == (once.cycles, once.level_pairs, once.winner)
    assert entropy([*ballots, *ballots]) == close(entropy(ballots))


@given(st.lists(several, min_size=1, max_size=4))
def test_coincidences_of_items_add_up(items: list[list[Order]]) -> None:
    forward = merged(coincidences(ballots) for ballots in items)
    backward = merged(coincidences(ballots) for ballots in reversed(items))
    assert alpha(forward) == close(alpha(backward))


@given(orders())
def test_midranks_leave_out_the_unranked_and_stay_between_one_and_k(order: Order) -> None:
    ranks = midranks(order)
    assert [i for i in range(K) if ranks[i] is None] == sorted(order.unranked)
    assert all(1 <= rank <= K for rank in ranks if rank is not None)


@given(orders(), names)
def test_the_null_of_place_is_symmetric_and_holds_what_happened(order: Order, shown: list[int]) -> None:
    null = null_of_place(tied_sizes(order))
    assert sum(null.values()) == pytest.approx(1.0)
    assert all(null[-s] == pytest.approx(p) for s, p in null.items())
    assert place_sum(order, shown)[0] in null


@given(several)
def test_the_consensus_names_every_completion_once(ballots: list[Order]) -> None:
    found = consensus([Judged(order) for order in ballots], K)
    named = [i for group in found.groups for i in group] + list(found.unacceptable)
    assert sorted(named) == list(range(K))


@given(several)
def test_unanimous_people_are_never_sent_to_review(ballots: list[Order]) -> None:
    assert assess([Judged(ballots[0])] * len(ballots), K).reasons == ()
