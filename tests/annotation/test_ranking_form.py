"""The ranking page as a form: what its fields say, and refusals that name answers by their place on the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.ranking import Answer, Asked, InvalidRanking, parse_answer
from annotation.ranking_form import Entered, answer_of_form, entered_of, fields_of
from annotation.selectors.work import Shown

ORDER = [2, 0, 3, 1]  # answer 1 of the page is completion 2
ALL = Asked(4, strength=True, dimensions=("accuracy",))
BEST_TWO = Asked(4, top_m=2)


def said(asked: Asked, *flags: str, **texts: str) -> Answer:
    return parse_answer(answer_of_form(Entered(texts, flags), asked, ORDER), asked)


def problems(asked: Asked, **texts: str) -> list[str]:
    with pytest.raises(InvalidRanking) as refusal:
        said(asked, **texts)
    return list(refusal.value.problems)


def test_equal_numbers_are_ties_and_gaps_mean_nothing() -> None:
    answer = said(ALL, rank_2="1", rank_0="4", rank_3="4", unacceptable_1="1")
    assert answer == Answer(groups=((2,), (0, 3)), unacceptable=(1,))


def test_what_is_missing_is_named_by_its_place() -> None:
    assert problems(ALL, rank_2="1", rank_1="2") == [
        "Answer 2 is not placed yet.",
        "Answer 3 is not placed yet.",
    ]


def test_a_rank_and_the_mark_together_are_refused() -> None:
    assert problems(ALL, rank_2="1", unacceptable_2="1", rank_0="1", rank_3="1", rank_1="1") == [
        "Answer 1 has both a rank and the mark unacceptable."
    ]


@pytest.mark.parametrize("rank", ["0", "5", "-1", "1.5", "²", "\uff11", "x" * 500, "99999999999"])
def test_a_rank_that_is_no_number_of_this_page_is_refused(rank: str) -> None:
    found = problems(ALL, rank_2=rank, rank_0="1", rank_3="1", rank_1="1")
    assert found == [f"Answer 1: a rank is a number from 1 to 4, not “{rank[:20]}”."]


def test_blank_answers_stay_below_only_where_asked_and_said() -> None:
    best = {"rank_2": "1", "rank_0": "2"}
    assert said(BEST_TWO, **best, rest_below="1") == Answer(groups=((2,), (0,)), unranked=(1, 3))
    assert problems(BEST_TWO, **best) == ["Answer 3 is not placed yet.", "Answer 4 is not placed yet."]
    assert problems(ALL, **best, rest_below="1") == [
        "Answer 3 is not placed yet.",
        "Answer 4 is not placed yet.",
    ]
    assert problems(BEST_TWO, rank_2="1", rest_below="1") == [
        "Order the best 2 before the rest can stay below: 1 so far."
    ]


def test_a_strength_belongs_to_the_boundary_below_its_rank() -> None:
    ranks = {"rank_2": "1", "rank_0": "2", "rank_3": "2", "rank_1": "3"}
    assert said(ALL, **ranks, strength_2="strong", strength_3="slight").strengths == ("strong", "slight")
    assert said(ALL, **ranks, strength_0="clear", strength_3="slight").strengths == ()  # they contradict
    assert said(ALL, **ranks, strength_1="clear").strengths == ()  # nothing stands below the last
    assert said(ALL, **ranks).strengths == ()


def test_ratings_and_flags_are_read_by_completion() -> None:
    ranks = {f"rank_{index}": "1" for index in range(4)}
    answer = said(ALL, "harmful:2", "other:item", **ranks, rating_accuracy_3="5")
    assert answer.ratings == {"accuracy": (None, None, None, 5)}
    assert answer.as_json()["flags"] == [
        {"kind": "harmful", "completion": 2},
        {"kind": "other", "completion": None},
    ]


@pytest.mark.parametrize(
    "flag", ["harmful", "harmful:", "harmful:9", "harmful:²", "evil:1", ":", "harmful:1:2"]
)
def test_a_flag_that_names_nothing_here_is_refused(flag: str) -> None:
    with pytest.raises(InvalidRanking):
        said(ALL, flag, **{f"rank_{index}": "1" for index in range(4)})


@pytest.mark.parametrize("rating", ["0", "6", "x", "²"])
def test_a_rating_off_the_scale_is_refused(rating: str) -> None:
    with pytest.raises(InvalidRanking):
        said(ALL, **{f"rank_{index}": "1" for index in range(4)}, rating_accuracy_0=rating)


def test_nothing_is_filled_in_before_anybody_enters_it() -> None:
    shown = [Shown(place, index, "text") for place, index in enumerate(ORDER, start=1)]
    for field in fields_of(shown, ALL, Entered()):
        options = [*field.strengths, *field.flags, *(o for rating in field.ratings for o in rating.options)]
        assert (field.rank, field.unacceptable, [o for o in options if o.checked]) == ("", False, [])


def test_what_was_entered_comes_back() -> None:
    shown = [Shown(place, index, "text") for place, index in enumerate(ORDER, start=1)]
    entered = Entered({"rank_2": "3", "strength_2": "clear", "rating_accuracy_2": "4"}, ["illegal:2"])
    first = fields_of(shown, ALL, entered)[0]
    options = [*first.strengths, *first.flags, *(o for rating in first.ratings for o in rating.options)]
    assert (first.rank, [o.value for o in options if o.checked]) == ("3", ["clear", "illegal:2", "4"])


names = st.sampled_from(
    [
        f"{field}_{index}"
        for index in range(4)
        for field in ("rank", "unacceptable", "strength", "rating_accuracy")
    ]
)


@given(
    st.dictionaries(names, st.sampled_from(["", "1", "2", "3", "4", "clear", "x"])),
    st.lists(st.text(max_size=12), max_size=3),
)
def test_any_form_is_an_answer_or_a_refusal(texts: dict[str, str], flags: list[str]) -> None:
    try:
        answer = said(ALL, *flags, **texts)
    except InvalidRanking as refusal:
        assert refusal.problems
    else:
        assert sorted([i for group in answer.groups for i in group] + list(answer.unacceptable)) == [
            0,
            1,
            2,
            3,
        ]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer to ALL: a weak order with unacceptable ones, strengths, ratings and flags."""
    tiers = draw(st.lists(st.integers(0, 4), min_size=4, max_size=4))
    groups = [tuple(i for i in range(4) if tiers[i] == tier) for tier in sorted(set(tiers) - {4})]
    strengths = draw(
        st.lists(
            st.sampled_from([None, "slight", "clear", "strong"]),
            min_size=max(len(groups) - 1, 0),
            max_size=max(len(groups) - 1, 0),
        )
    )
    ratings = draw(st.lists(st.none() | st.integers(1, 5), min_size=4, max_size=4))
    flags = draw(st.lists(st.sampled_from([None, 0, 3]), unique=True))
    body = {
        "groups": groups,
        "unacceptable": [i for i in range(4) if tiers[i] == 4],
        "strengths": strengths,
        "ratings": {"accuracy": ratings},
        "flags": [{"kind": "other", "completion": target} for target in flags],
    }
    return parse_answer(body, ALL)


@given(answers())
def test_any_answer_comes_back_through_the_form(answer: Answer) -> None:
    entered = entered_of(answer.as_json())
    assert parse_answer(answer_of_form(entered, ALL, ORDER), ALL) == answer
