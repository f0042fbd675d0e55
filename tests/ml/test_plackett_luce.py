"""Identities of the Plackett-Luce likelihood that no tuning can change."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch

from rewardmodel.ml.plackett_luce import ABSENT, levels_of, negative_log_likelihood, ranking_loss

SCORES = torch.tensor([0.3, -1.2, 2.0, 0.7], dtype=torch.float64)


def nll(scores: torch.Tensor, levels: list[int]) -> torch.Tensor:
    return negative_log_likelihood(scores[None], torch.tensor([levels]))[0][0]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_probabilities_of_all_orders_sum_to_one(k: int) -> None:
    total = sum(torch.exp(-nll(SCORES[:k], list(order))) for order in itertools.permutations(range(k)))
    assert float(total) == pytest.approx(1.0, abs=1e-12)


def test_adding_a_constant_to_all_scores_changes_nothing() -> None:
    for levels in ([0, 1, 2, 3], [0, 0, 1, 2], [1, ABSENT, 0, 1]):
        assert float(nll(SCORES + 5.0, levels)) == pytest.approx(float(nll(SCORES, levels)), abs=1e-12)


def test_gradients_agree_with_finite_differences() -> None:
    levels = torch.tensor([[0, 1, 2, 3], [0, 0, 1, 1], [1, ABSENT, 0, 2], [2, 1, ABSENT, 0]])
    scores = torch.randn(
        4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    assert torch.autograd.gradcheck(lambda s: ranking_loss(s, levels), (scores,))


def test_two_completions_are_bradley_terry() -> None:
    better, worse = torch.randn(2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    loss = ranking_loss(torch.stack([better, worse], 1), torch.tensor([[0, 1]] * 50))
    assert float(loss) == pytest.approx(
        float(-torch.nn.functional.logsigmoid(better - worse).mean()), abs=1e-6
    )


def test_two_completions_give_the_loss_of_trls_reward_trainer() -> None:
    from trl import RewardTrainer

    chosen, rejected = torch.randn(2, 16, generator=torch.Generator().manual_seed(2))
    stub = SimpleNamespace(
        args=SimpleNamespace(center_rewards_coefficient=None),
        accelerator=SimpleNamespace(gather_for_metrics=lambda x: x, gather=lambda x: x),
        model=SimpleNamespace(training=True),
        state=SimpleNamespace(num_input_tokens_seen=0),
        _metrics={
            "train": {
                name: []
                for name in ("min_reward", "mean_reward", "max_reward", "accuracy", "margin", "num_tokens")
            }
        },
        _total_train_tokens=0,
    )
    inputs = {
        "input_ids": torch.zeros(32, 1, dtype=torch.long),
        "attention_mask": torch.ones(32, 1, dtype=torch.long),
    }
    logits = torch.cat([chosen, rejected])[:, None]
    theirs = RewardTrainer.compute_loss(stub, lambda **_: SimpleNamespace(logits=logits), inputs)
    ours = ranking_loss(torch.stack([chosen, rejected], 1), torch.tensor([[0, 1]] * 16))
    assert float(ours) == pytest.approx(float(theirs), abs=1e-6)


def test_a_tied_group_is_chosen_member_by_member_from_itself_and_what_is_below() -> None:
    a, b, c = SCORES[:3]
    both = torch.logsumexp(torch.stack([a, b, c]), 0)
    assert float(nll(SCORES[:3], [0, 0, 1])) == pytest.approx(float(2 * both - a - b), abs=1e-12)


def test_a_ranking_that_ties_everything_says_nothing() -> None:
    total, choices = negative_log_likelihood(SCORES[None], torch.tensor([[0, 0, 0, 0]]))
    assert (float(total), int(choices)) == (0.0, 0)


def test_an_absent_completion_has_no_part_in_the_likelihood() -> None:
    with_absent = nll(SCORES, [0, ABSENT, 1, 2])
    assert float(with_absent) == pytest.approx(float(nll(SCORES[[0, 2, 3]], [0, 1, 2])), abs=1e-12)


def test_unacceptable_lies_below_every_acceptable_completion() -> None:
    assert levels_of([[2], [0, 3]], [1], 4) == [1, 2, 0, 1]
    assert levels_of([[0]], [1, 2], 4) == [0, 1, 1, ABSENT]


@pytest.mark.parametrize(
    ("groups", "unacceptable"), [([[0], [0]], []), ([[0]], [0]), ([[4]], []), ([[-1]], [])]
)
def test_an_index_that_is_unknown_or_ranked_twice_is_refused(
    groups: list[list[int]], unacceptable: list[int]
) -> None:
    with pytest.raises(ValueError, match="unknown or ranked twice"):
        levels_of(groups, unacceptable, 4)
