"""Degenerate texts: what a policy writes when it has found a hole in a reward model. Ids in, ids out.

People rank only ordinary samples, so the reward of such texts is whatever the weights happen to give, and PPO
finds it: with a broken base it "won" by writing nothing. So a trained reward model is taught a last thing, to
put them below every ordinary completion, while its scores of the ordinary ones are held where people's
rankings put them. (Tried first: the same texts as negatives among the rankings. They taught the model that
short is good, and half of PPO's gain in the tiny world was lost.) The texts come from a program; they count
as no ranking and no labor. That a probe of these kinds then passes is no evidence about other kinds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from transformers import PreTrainedModel

from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.rankings import Task
from rewardmodel.ml.reward_training import Learning, score, scores_at_eos

STEPS = 60
MARGIN = 0.5  # log-odds below the lowest ordinary completion of the prompt
KINDS = ("empty", "repeated_token", "prompt_echo", "maximum_length")


def degenerate(kind: str, prompt: Sequence[int], completion: Sequence[int], size: int) -> list[int]:
    """Return a degenerate completion, eos included, of at most `size` tokens.

    `prompt` and `completion` are an ordinary pair of id lists, the completion ending in eos.
    """
    eos, body = completion[-1], list(completion[:-1]) or list(prompt)
    room = max(1, size - 1)
    if kind == "empty":
        return [eos]
    if kind == "repeated_token":
        return [*[body[len(body) // 2]] * room, eos]
    if kind == "prompt_echo":
        return [*prompt[:-1][:room], eos]  # without the separator at its end
    if kind == "maximum_length":
        return [*(body * (room // len(body) + 1))[:room], eos]
    raise ValueError(f"{kind!r} is no kind of degenerate text")


def sink(
    model: PreTrainedModel, tasks: Sequence[Task], pad: int, learning: Learning, reporter: Reporter
) -> None:
    """Teach a trained model to score degenerate texts low, its scores of ordinary completions held.

    The loss is the squared change of the ordinary scores plus a hinge on each degenerate one.
    """
    rows = [[ids[: learning.max_length] for ids in task.rows] for task in tasks]
    flat = iter(score(model, [ids for own in rows for ids in own], pad))
    held = [[next(flat) for _ in own] for own in rows]
    generator = np.random.default_rng([learning.seed, 7])
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning.lr / 2, betas=(0.9, 0.95), weight_decay=0.0)
    model.train()
    for step in range(STEPS):
        reporter.check()
        for group in optimizer.param_groups:
            group["lr"] = learning.lr / 2 * (1.0 - step / STEPS)
        chosen = generator.choice(len(tasks), size=min(learning.batch_prompts, len(tasks)), replace=False)
        texts = [_negative(tasks[i], learning.max_length, generator) for i in chosen]
        scores = scores_at_eos(model, [ids for i in chosen for ids in rows[i]] + texts, pad)
        wanted = torch.tensor([value for i in chosen for value in held[i]], device=scores.device)
        limit = torch.tensor([min(held[i]) - MARGIN for i in chosen], device=scores.device)
        loss = (scores[: len(wanted)] - wanted).square().mean() + (
            scores[len(wanted) :] - limit
        ).relu().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def _negative(task: Task, max_length: int, generator: np.random.Generator) -> list[int]:
    """Return a degenerate sequence for the task's prompt, at most half as long again as its longest row."""
    completion = task.rows[int(generator.integers(len(task.rows)))][len(task.prompt) :]
    kind = str(generator.choice(KINDS))
    room = max(4, min(max_length, max(len(row) for row in task.rows) * 3 // 2) - len(task.prompt))
    # Only a repeated token may be short: an ordinary text cut off is no degenerate text.
    size = int(generator.integers(4, room + 1)) if kind == "repeated_token" else room
    return task.prompt + degenerate(kind, task.prompt, completion, size)
