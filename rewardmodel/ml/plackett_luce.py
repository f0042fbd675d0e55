"""The Plackett-Luce likelihood of rankings with ties. Pure functions of scores; knows nothing of models.

A ranking is a row of levels: 0 is best, equal levels are a tie, `ABSENT` is a completion that the ranking
leaves out. Ties follow Breslow's approximation: every member of a tied group is chosen from the group and
all that is below it. A group with nothing below it says nothing about order and adds nothing. With two
completions this is the Bradley-Terry model (Zhu, Jordan and Jiao 2023, arXiv 2301.11270).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

ABSENT = -1


def levels_of(groups: Sequence[Sequence[int]], unacceptable: Sequence[int], count: int) -> list[int]:
    """Return the level of each completion; the unacceptable ones lie below every acceptable one."""
    levels = [ABSENT] * count
    for level, group in enumerate([*groups, list(unacceptable)]):
        for index in group:
            if not 0 <= index < count or levels[index] != ABSENT:
                raise ValueError(f"completion {index} of {count} is unknown or ranked twice")
            levels[index] = level
    return levels


def negative_log_likelihood(scores: torch.Tensor, levels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each ranking's negative log-likelihood and its number of choices.

    scores, levels: (rankings, K). A choice is a completion that something lies below. Both results have
    shape (rankings,); a ranking without order has likelihood one and no choice.
    """
    present = levels != ABSENT
    lowest = levels.amax(dim=1, keepdim=True)
    chosen = present & (levels < lowest)
    at_risk = present[:, None, :] & (levels[:, None, :] >= levels[:, :, None])  # (rankings, chosen, rival)
    rivals = scores[:, None, :].expand(at_risk.shape).masked_fill(~at_risk, -torch.inf)
    # A row without rivals belongs to an absent completion; zeros keep its gradient finite.
    rivals = rivals.masked_fill(~at_risk.any(dim=2, keepdim=True), 0.0)
    terms = (torch.logsumexp(rivals, dim=2) - scores).masked_fill(~chosen, 0.0)
    return terms.sum(dim=1), chosen.sum(dim=1)


def ranking_loss(scores: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Return the mean negative log-likelihood per choice over all rankings of a batch."""
    total, choices = negative_log_likelihood(scores, levels)
    return total.sum() / choices.sum().clamp(min=1)
