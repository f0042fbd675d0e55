"""Identities of the Plackett-Luce likelihood that no tuning can change."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch

from rewardmodel.ml.plackett_luce import ABSENT, UNRANKED, levels_of, negative_log_likelihood, ranking_loss

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
    levels = torch.tensor(
        [
            [0, 1, 2, 3], [0, 0, 1, 1], [1, ABSENT, 0, 2], [2, 1, ABSENT, 0],
            [0, UNRANKED, UNRANKED, UNRANKED + 1], [UNRANKED, 0, UNRANKED, 1], [UNRANKED, UNRANKED, ABSENT, 0],
        ]
    )  # fmt: skip
    scores = torch.randn(
        7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
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


def chosen_from(scores: torch.Tensor, index: int, rivals: list[int]) -> torch.Tensor:
    """Return the probability that `index` is chosen from `rivals`, itself among them."""
    return torch.exp(scores[index]) / torch.exp(scores[rivals]).sum()


@pytest.mark.parametrize("top", [1, 2, 3])
def test_the_top_of_an_order_has_the_probability_of_all_full_orders_that_begin_with_it(top: int) -> None:
    for best in itertools.permutations(range(4), top):
        rest = [index for index in range(4) if index not in best]
        summed = sum(
            torch.exp(-nll(SCORES, [[*best, *order].index(index) for index in range(4)]))
            for order in itertools.permutations(rest)
        )
        partial = levels_of([[index] for index in best], [], 4, rest)
        assert float(torch.exp(-nll(SCORES, partial))) == pytest.approx(float(summed), abs=1e-12)


@pytest.mark.parametrize("top", [1, 2, 3])
def test_the_probabilities_of_all_tops_sum_to_one(top: int) -> None:
    orders = itertools.permutations(range(4), top)
    partial = (
        levels_of([[i] for i in best], [], 4, [i for i in range(4) if i not in best]) for best in orders
    )
    assert float(sum(torch.exp(-nll(SCORES, row)) for row in partial)) == pytest.approx(1.0, abs=1e-12)


def test_the_unranked_are_chosen_over_the_unacceptable_and_never_over_each_other() -> None:
    scores = torch.tensor([0.3, -1.2, 2.0, 0.7, -0.4, 1.1], dtype=torch.float64)
    levels = levels_of([[2], [0]], [3, 5], 6, [1, 4])
    expected = (
        chosen_from(scores, 2, [0, 1, 2, 3, 4, 5])
        * chosen_from(scores, 0, [0, 1, 3, 4, 5])
        * chosen_from(scores, 1, [1, 3, 5])
        * chosen_from(scores, 4, [4, 3, 5])
    )
    total, choices = negative_log_likelihood(scores[None], torch.tensor([levels]))
    assert float(torch.exp(-total)) == pytest.approx(float(expected), abs=1e-12)
    assert int(choices) == 4


def test_what_is_unranked_alone_is_a_group_like_any_other() -> None:
    partial, full = levels_of([[2], [0]], [1], 4, [3]), levels_of([[2], [0], [3]], [1], 4)
    assert float(nll(SCORES, partial)) == pytest.approx(float(nll(SCORES, full)), abs=1e-12)


def test_a_higher_score_of_one_unranked_completion_pulls_no_other_one() -> None:
    scores = SCORES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(nll(scores, levels_of([], [3], 4, [0, 1, 2])), scores)
    pulled = [float(torch.sigmoid(SCORES[3] - SCORES[index])) for index in (0, 1, 2)]
    assert gradient.tolist() == pytest.approx([-pulled[0], -pulled[1], -pulled[2], sum(pulled)], abs=1e-12)


def test_unranked_and_nothing_else_says_nothing() -> None:
    total, choices = negative_log_likelihood(SCORES[None], torch.tensor([levels_of([], [], 4, range(4))]))
    assert (float(total), int(choices)) == (0.0, 0)


def test_levels_of_a_ranking_without_unranked_are_what_they_were() -> None:
    assert levels_of([[2], [0, 3]], [1], 4, []) == [1, 2, 0, 1]
    assert levels_of([[2]], [1], 4, [0, 3]) == [UNRANKED, UNRANKED + 1, 0, UNRANKED]


def test_an_unranked_completion_that_is_ranked_too_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown or ranked twice"):
        levels_of([[0]], [], 4, [0])
