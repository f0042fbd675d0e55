"""The world and the hidden preference: reproducible, grammatical, and with the signs that they claim."""

from __future__ import annotations

import random
import statistics

import pytest

from byhand.demo.hidden import HiddenPreference, read
from byhand.demo.people import CREW, SimulatedAnnotator
from byhand.demo.world import World


def test_same_seed_is_the_same_world_and_another_seed_is_not() -> None:
    assert list(World(1).corpus(20)) == list(World(1).corpus(20))
    assert list(World(1).corpus(20)) != list(World(2).corpus(20))
    assert World(1).prompts(50) != World(2).prompts(50)


def test_prompts_are_all_different_and_skip_leaves_none_twice() -> None:
    world = World(3)
    first, second = world.prompts(600), world.prompts(400, skip=600)
    assert len({*first, *second}) == 1000


def test_asking_for_more_prompts_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="1280 questions; 1281"):
        World(0).prompts(1, skip=1280)


def test_every_answer_of_the_corpus_is_grammatical() -> None:
    assert all(read(pair["completion"]).grammatical for pair in World(4).corpus(500))


@pytest.mark.parametrize("seed", range(5))
def test_the_preference_likes_kind_bright_detail_and_dislikes_their_opposites(seed: int) -> None:
    utility = HiddenPreference.of(seed).utility
    plain = utility("It is very open.")
    assert utility("It is very calm.") > plain > utility("It is very dull.")
    assert utility("Good question. It is very open.") > plain > utility("Why do you ask? It is very open.")
    assert utility("It is very open. There is fresh bread near the gate.") > plain
    assert utility("It is very open. It very.") < plain
    assert utility("") < utility("Why do you ask? It is very dull. Do not ask again.")


def test_saying_a_good_thing_ten_times_is_worth_no_more_than_twice() -> None:
    utility = HiddenPreference.of(0).utility
    assert utility("It is very calm. " * 10) == utility("It is very calm. " * 2)


def _agreement(person: SimulatedAnnotator, seed: int) -> float:
    """Return how often the person orders a pair as the hidden preference does."""
    rng, hidden, world = random.Random(seed), HiddenPreference.of(seed), World(seed)
    right: list[bool] = []
    while len(right) < 600:
        pair = [world.answer(rng), world.answer(rng)]
        better = hidden.utility(pair[0]) - hidden.utility(pair[1])
        groups = person.judge(pair, hidden, rng).groups
        if better and len(groups) == 2:
            right.append((groups[0] == [0]) == (better > 0))
    return statistics.mean(right)


def test_the_crew_differs_in_reliability_and_the_spammer_is_at_chance() -> None:
    shares = [_agreement(person, 7) for person in CREW]
    assert shares[0] > 0.85
    assert 0.65 < shares[4] < shares[0]
    assert 0.44 < shares[5] < 0.56


def test_a_judgement_places_every_completion_exactly_once() -> None:
    rng, hidden, world = random.Random(1), HiddenPreference.of(1), World(1)
    for _ in range(200):
        judgement = CREW[3].judge([world.answer(rng) for _ in range(4)], hidden, rng)
        placed = [p for group in judgement.groups for p in group] + judgement.unacceptable
        assert sorted(placed) == [0, 1, 2, 3]
