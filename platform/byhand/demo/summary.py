"""Writes `var/demo/summary.json`: the figures of a round, each read from where it was recorded."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from byhand.demo.cast import CREW_LOGINS
from byhand.demo.projects import CURRENCY
from byhand.demo.round import Round, gates_of, rankings_of, report_path
from rewardmodel.models import Run
from wages.selectors import leaves
from wages.transparency.selectors import latest_checkpoint

HOUR_MS = 3_600_000


def summarise(round: Round, seconds: dict[str, float]) -> dict[str, Any]:
    """Return the summary of a finished round."""
    reward, ppo = round.found["reward"], round.found["ppo"]
    return {
        "simulated": True,
        "seed": round.seed,
        "round": round.number,
        "rankings": rankings_of(round),
        "annotators": len(CREW_LOGINS),
        **_pay(round.found["period"].pk),
        "reward_model": _reward(reward),
        "ppo": _ppo(ppo),
        "gold": round.found["gold"].figures(),
        "gates": gates_of(reward, ppo),
        "report_url": f"{round.site}{report_path(round.found['report'])}",
        "checkpoint": _checkpoint(),
        "seconds": seconds,
    }


def write(summary: dict[str, Any], path: Path) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.rename(path)


def _pay(period: int) -> dict[str, Any]:
    """Add up the frozen leaves of the closed period: the same rows that the report is made from."""
    bodies = [json.loads(leaf.body) for leaf in leaves(period)]
    worked = sum(int(body["ms"]) for body in bodies if "ms" in body)
    paid = sum(int(body["earned_micro"]) for body in bodies if "earned_micro" in body)
    hourly = Decimal(paid) * HOUR_MS / worked / 1_000_000 if worked else Decimal(0)
    return {
        "worked_ms": worked,
        "paid_micro": paid,
        "currency": CURRENCY,
        "effective_hourly": f"{hourly:.2f}",
    }


def _reward(run: Run) -> dict[str, Any]:
    cross = run.metrics["cross_validation"]
    return {
        "pair_accuracy": round(cross["pair_accuracy"], 4),
        "ci": [round(bound, 4) for bound in cross["pair_accuracy_ci"]],
        "top1": round(cross["top1"], 4),
    }


def _ppo(run: Run) -> dict[str, Any]:
    return {
        "updates": run.metrics["updates"],
        "kl": round(run.metrics["kl"], 4),
        "proxy_reward": round(run.metrics["proxy_reward"], 4),
        "samples_per_s": round(run.metrics["samples_per_s"], 1),
    }


def _checkpoint() -> str:
    newest = latest_checkpoint()
    return newest.note if newest else ""
