"""Training and scoring with a reward model: tasks in, scores out. Knows nothing of files, folds or gates.

A batch element is a prompt with all its completions, each encoded once, and every ranking of them. A
pairwise trainer encodes K(K-1) texts for a ranking, this one K.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from rewardmodel.ml.encode import pad_right
from rewardmodel.ml.plackett_luce import ABSENT, negative_log_likelihood, ranking_loss
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.rankings import Task
from rewardmodel.ml.reward_metrics import Scored
from rewardmodel.ml.sampling import batches_by_length
from rewardmodel.ml.sft import rate_factor

SCORING_BATCH = 256
PATIENCE = 2  # epochs without a better held-out loss before training stops


@dataclass(frozen=True)
class Learning:
    epochs: int
    lr: float
    batch_prompts: int
    max_length: int
    seed: int


@dataclass
class Outcome:
    best_epoch: int
    losses: list[float]
    held_out: list[float]


def scores_at_eos(model: PreTrainedModel, rows: Sequence[Sequence[int]], pad: int) -> torch.Tensor:
    """Return the score of each sequence, read at its last token (eos); shape (rows,).

    Padding is on the right, where the causal mask alone keeps it from the tokens that count.
    """
    ids, mask = pad_right(rows, pad)
    backbone = getattr(model, model.base_model_prefix)
    hidden = backbone(input_ids=ids.to(model.device), use_cache=False).last_hidden_state
    last = hidden[torch.arange(len(rows)), (mask.sum(1) - 1).to(model.device)]
    return model.score(last).squeeze(-1).float()  # type: ignore[no-any-return]


@torch.no_grad()
def score(model: PreTrainedModel, rows: Sequence[Sequence[int]], pad: int) -> list[float]:
    """Return the scores of many sequences, batched by length."""
    model.eval()
    found = [0.0] * len(rows)
    for batch in batches_by_length([len(row) for row in rows], SCORING_BATCH):
        for place, value in zip(
            batch, scores_at_eos(model, [rows[i] for i in batch], pad).tolist(), strict=True
        ):
            found[place] = value
    return found


def score_tasks(model: PreTrainedModel, tasks: Sequence[Task], pad: int, max_length: int) -> list[Scored]:
    """Return every ranking of the tasks with its scores. A text that is too long is in no ranking."""
    values = score(model, [ids[:max_length] for task in tasks for ids in task.rows], pad)
    return _with_scores(tasks, values)


def unscored(tasks: Sequence[Task]) -> list[Scored]:
    """Return every ranking of the tasks with scores of zero, for baselines that need none."""
    return _with_scores(tasks, [0.0] * sum(len(task.rows) for task in tasks))


def _with_scores(tasks: Sequence[Task], values: Sequence[float]) -> list[Scored]:
    scored, start = [], 0
    for task in tasks:
        own = list(values[start : start + len(task.rows)])
        start += len(task.rows)
        for levels, annotator in zip(task.levels, task.annotators, strict=True):
            scored.append(Scored(task.group, annotator, levels, own, task.lengths))
    return scored


def train(
    model: PreTrainedModel,
    tasks: Sequence[Task],
    held_out: Sequence[Task],
    pad: int,
    learning: Learning,
    reporter: Reporter | None = None,
) -> Outcome:
    """Fit the model to the rankings; keep the epoch with the lowest held-out loss, if there is any."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=learning.lr, betas=(0.9, 0.95), weight_decay=0.01, fused=True
    )
    batches = -(-len(tasks) // learning.batch_prompts)
    total = learning.epochs * batches
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, total))
    outcome, best = Outcome(0, [], []), None
    for epoch in range(1, learning.epochs + 1):
        outcome.losses.append(_epoch(model, tasks, pad, learning, epoch, optimizer, scheduler, reporter))
        if not held_out:
            outcome.best_epoch = epoch
            continue
        outcome.held_out.append(held_out_loss(model, held_out, pad, learning.max_length))
        if reporter:
            reporter.metrics(epoch * batches, {"epoch": epoch, "held_out_loss": outcome.held_out[-1]})
        if outcome.held_out[-1] == min(outcome.held_out):
            outcome.best_epoch, best = epoch, copy.deepcopy(model.state_dict())
        elif epoch - outcome.best_epoch >= PATIENCE:
            break
    if best is not None:
        model.load_state_dict(best)
    return outcome


@torch.no_grad()
def held_out_loss(model: PreTrainedModel, tasks: Sequence[Task], pad: int, max_length: int) -> float:
    """Return the mean negative log-likelihood per choice."""
    total, choices = 0.0, 0
    for row in score_tasks(model, tasks, pad, max_length):
        loss, count = negative_log_likelihood(torch.tensor([row.scores]), torch.tensor([row.levels]))
        total, choices = total + float(loss), choices + int(count)
    return total / max(choices, 1)


def _epoch(
    model: PreTrainedModel,
    tasks: Sequence[Task],
    pad: int,
    learning: Learning,
    epoch: int,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LambdaLR,
    reporter: Reporter | None,
) -> float:
    model.train()
    losses = []
    generator = np.random.default_rng([learning.seed, 3, epoch])
    order = generator.permutation(len(tasks))
    for start in range(0, len(tasks), learning.batch_prompts):
        if reporter:
            reporter.check()
        batch = [tasks[i] for i in order[start : start + learning.batch_prompts]]
        loss = _batch_loss(model, batch, pad, learning)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def _batch_loss(model: PreTrainedModel, tasks: Sequence[Task], pad: int, learning: Learning) -> torch.Tensor:
    """Score each completion of the batch once and spread the scores over all rankings of it."""
    scores = scores_at_eos(model, [ids[: learning.max_length] for task in tasks for ids in task.rows], pad)
    widest = max(len(task.rows) for task in tasks)
    places, levels, start = [], [], 0
    for task in tasks:
        gap = widest - len(task.rows)
        for ranking in task.levels:
            places.append([*range(start, start + len(task.rows)), *[start] * gap])
            levels.append([*ranking, *[ABSENT] * gap])
        start += len(task.rows)
    return ranking_loss(scores[torch.tensor(places)], torch.tensor(levels).to(scores.device))
