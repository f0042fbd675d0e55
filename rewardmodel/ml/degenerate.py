"""Degenerate texts: what a policy writes when it has found a hole in a reward model. Ids in, ids out.

Used twice: as negatives while the reward model learns, and as probes of the finished one. People rank only
ordinary samples, so without the negatives the reward of such texts is whatever the weights happen to give,
and PPO finds it: with a broken base it "won" by writing nothing. The negatives come from a program; they
count as no ranking and no labor. A probe that passes is therefore a check that the negatives did their
work, and no evidence about texts of another kind.
"""

from __future__ import annotations

from collections.abc import Sequence

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
