"""The Plackett-Luce likelihood of rankings with ties and partial orders. Pure functions of scores; knows no models.

A ranking is a row of levels: 0 is best, equal levels are a tie, `ABSENT` is a completion that the ranking leaves out.
`UNRANKED` is one that nobody ordered: it stands below every group and above the unacceptable ones, and says nothing
about the others at its level. With scores s, groups G1 .. Gm, unranked U and unacceptable X, the likelihood is

    prod_j prod_{i in Gj}  exp(s_i) / sum of exp(s_l) over Gj .. Gm, U, X
    x      prod_{u in U}   exp(s_u) / (exp(s_u) + sum of exp(s_x) over X)

where a last level with nothing below it adds no factor (so U without X, or X itself, is never chosen). The first
line is Breslow's approximation for ties: every member of a tied group is chosen from the group and all that is below
it. Without ties and without X it is exactly the probability of the top of the order, summed over every order of U
(Plackett 1975). In the second line each unranked one is chosen over the unacceptable alone, never over another
unranked one; with one unranked completion it is a group like any other. With two completions this is the
Bradley-Terry model (Zhu, Jordan and Jiao 2023, arXiv 2301.11270).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

ABSENT = -1
UNRANKED = 100  # below any group: an item has at most nine completions


def levels_of(
    groups: Sequence[Sequence[int]], unacceptable: Sequence[int], count: int, unranked: Sequence[int] = ()
) -> list[int]:
    """Return the level of each completion; the unranked lie below the groups, the unacceptable below everything."""
    levels = [ABSENT] * count
    last = UNRANKED + 1 if unranked else len(groups)
    placed = [*enumerate(groups), (UNRANKED, unranked), (last, unacceptable)]
    for level, group in placed:
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
    unranked = levels == UNRANKED
    not_itself = ~torch.eye(levels.shape[1], dtype=torch.bool, device=levels.device)
    at_risk = at_risk & ~(unranked[:, :, None] & unranked[:, None, :] & not_itself)
    rivals = scores[:, None, :].expand(at_risk.shape).masked_fill(~at_risk, -torch.inf)
    # A row without rivals belongs to an absent completion; zeros keep its gradient finite.
    rivals = rivals.masked_fill(~at_risk.any(dim=2, keepdim=True), 0.0)
    terms = (torch.logsumexp(rivals, dim=2) - scores).masked_fill(~chosen, 0.0)
    return terms.sum(dim=1), chosen.sum(dim=1)


def ranking_loss(scores: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Return the mean negative log-likelihood per choice over all rankings of a batch."""
    total, choices = negative_log_likelihood(scores, levels)
    return total.sum() / choices.sum().clamp(min=1)
