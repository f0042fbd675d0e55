"""PPO finds the closed-form optimum of a KL-regularised bandit. No reward model and no judge is involved."""

from __future__ import annotations

import pytest

from rewardmodel.ml import environment
from tests.ml.bandit import play


@pytest.mark.slow
@pytest.mark.parametrize("beta", [1.0, 0.5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ppo_reaches_the_closed_form_optimum(seed: int, beta: float) -> None:
    environment.pin(2, seed)
    reference, trained = play(seed, beta)
    assert reference >= 0.15, "the bandit has to ask for a change"
    assert trained < 0.05


def test_ppo_moves_most_of_the_way_in_a_few_updates() -> None:
    environment.pin(2, 0)
    reference, trained = play(0, 0.5, updates=12)
    assert reference >= 0.15
    assert trained < reference / 2
