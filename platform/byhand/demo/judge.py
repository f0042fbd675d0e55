"""What the hidden preference says about the trained policy: the only judgement in the demo that can't be gamed.

It reads the samples that an evaluation run kept (policy and reference answering the same unseen prompts)
after training has ended, so nothing of it can reach training.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.demo.hidden import HiddenPreference, read
from rewardmodel.ml.intervals import Interval, paired_bootstrap


@dataclass(frozen=True)
class Gold:
    """Mean hidden utility of both, the paired gain over prompts, the win rate (ties half), and how many broke."""

    reference: float
    policy: float
    gain: Interval
    win_rate: Interval
    grammatical: float
    prompts: int

    def figures(self) -> dict[str, Any]:
        return {
            "reference": round(self.reference, 4),
            "policy": round(self.policy, 4),
            "gain": round(self.gain.value, 4),
            "ci": [round(self.gain.low, 4), round(self.gain.high, 4)],
            "win_rate": round(self.win_rate.value, 4),
            "win_rate_ci": [round(self.win_rate.low, 4), round(self.win_rate.high, 4)],
            "grammatical": round(self.grammatical, 4),
            "prompts": self.prompts,
        }


def judge(samples: Path, hidden: HiddenPreference) -> Gold:
    """Judge a samples file: one JSON object a line with `prompt_id`, `policy` and `reference`."""
    rows = [json.loads(line) for line in samples.read_text(encoding="utf-8").splitlines() if line]
    if not rows:
        raise ValueError(f"{samples} holds no samples")
    policy = [hidden.utility(row["policy"]) for row in rows]
    reference = [hidden.utility(row["reference"]) for row in rows]
    compared = paired_bootstrap(policy, reference, [str(row["prompt_id"]) for row in rows])
    return Gold(
        reference=sum(reference) / len(rows),
        policy=sum(policy) / len(rows),
        gain=compared.gain,
        win_rate=compared.win_rate,
        grammatical=sum(read(row["policy"]).grammatical for row in rows) / len(rows),
        prompts=compared.gain.clusters,
    )
