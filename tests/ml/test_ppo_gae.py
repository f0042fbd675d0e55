"""What TRL computes inside its loop, against a few independent lines. Drift of the library shows here."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rewardmodel.ml import environment
from rewardmodel.ml.ppo import ClippedAdamW, train_stock
from tests.ml import bandit

BETA, LAM, LENGTH, BATCH = 0.3, 0.9, 6, 8


def advantages(rewards: list[float], values: list[float], lam: float) -> list[float]:
    """Generalised advantage estimation as in its definition: A_t = sum over l of lam^l delta_(t+l)."""
    deltas = [r + (values[t + 1] if t + 1 < len(values) else 0.0) - values[t] for t, r in enumerate(rewards)]
    return [sum(lam**later * delta for later, delta in enumerate(deltas[t:])) for t in range(len(deltas))]


@pytest.fixture(scope="module")
def seen() -> dict[str, list[Any]]:
    """Run one update and keep what passes through the functions of TRL's loop."""
    from trl.experimental.ppo import ppo_trainer

    kept: dict[str, list[Any]] = {
        "get_reward": [],
        "selective_log_softmax": [],
        "masked_whiten": [],
        "truncate_response": [],
    }
    environment.pin(2, 0)
    with pytest.MonkeyPatch.context() as patch:
        for name, calls in kept.items():
            stock = getattr(ppo_trainer, name)

            def listening(*args: Any, stock: Any = stock, calls: list[Any] = calls, **options: Any) -> Any:
                result = stock(*args, **options)
                calls.append((args, result))
                return result

            patch.setattr(ppo_trainer, name, listening)
        policy, reference, value = bandit.models_for(4)
        with torch.no_grad():  # a reference of its own, so that the KL is not zero
            for parameter in reference.parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape))
        optimizer = ClippedAdamW(policy, value, lr=1e-3, clip_norm=1.0)
        train_stock(
            bandit.method(updates=1, batch=BATCH, lr=1e-3, beta=BETA, length=LENGTH, lam=LAM), bandit.tokenizer(),
            policy, reference, bandit.TableReward(torch.linspace(-1.0, 1.0, bandit.V)), value, optimizer,
            prompts=[[3, 7]] * BATCH, done=0, seed=0, watch=bandit.Deaf(),
        )  # fmt: skip
    return kept


def test_advantages_equal_an_independent_implementation(seen: dict[str, list[Any]]) -> None:
    responses = seen["truncate_response"][0][1]
    ours, theirs = (call[1] for call in seen["selective_log_softmax"][:2])
    full_values, scores = seen["get_reward"][0][1][0], seen["get_reward"][1][1][1]
    found = seen["masked_whiten"][0][0][0]
    lengths = set()
    for row in range(BATCH):
        pads = (responses[row] == bandit.PAD).nonzero()
        end = int(pads[0]) if len(pads) else LENGTH  # tokens of the response, eos included
        lengths.add(end)
        # TRL pays the score one place after the last token where there is one, and bootstraps over it.
        places = min(end + 1, LENGTH)
        values = [float(v) for v in full_values[row, 1:-1, 0][:places]]
        rewards = [-BETA * float(ours[row, t] - theirs[row, t]) if t < end else 0.0 for t in range(places)]
        rewards[-1] += float(scores[row])
        expected = advantages(rewards, values, LAM)
        assert found[row, :end].tolist() == pytest.approx(expected[:end], abs=1e-5)
    assert len(lengths) > 1, "the responses must end at different places"


def test_the_sampling_and_the_training_forward_see_the_same_logits(seen: dict[str, list[Any]]) -> None:
    rollout, first_epoch = seen["selective_log_softmax"][0][1], seen["selective_log_softmax"][2][1]
    responses = seen["truncate_response"][0][1]
    order = _permutation(seen)
    mask = responses[order] != bandit.PAD
    assert torch.allclose(first_epoch[mask], rollout[order][mask], atol=1e-5)


def _permutation(seen: dict[str, list[Any]]) -> list[int]:
    """Find which rollout each row of the first minibatch is."""
    raw, shuffled = (seen["selective_log_softmax"][place][0][1].tolist() for place in (0, 2))
    return [raw.index(row) for row in shuffled]
