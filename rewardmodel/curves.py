"""What a run reported, as curves, a table and samples. Reads job events; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from byhand.jobs.models import Job

MAX_POINTS = 2000
FIRST = (
    "loss",
    "reward",
    "kl",
    "entropy",
    "length",
    "eos_rate",
    "distinct_ratio",
    "clip_fraction",
    "value_loss",
)
TABLE_ROWS = 20
SHOWN_SAMPLES = 12


def last_event(job: Job) -> int:
    """Return the id of the newest event of a job, 0 if there is none."""
    return job.events.order_by("-id").values_list("id", flat=True).first() or 0


def points(job: Job) -> list[dict[str, Any]]:
    """Return the metrics of a job by step, the last report of a step standing (a resumed run repeats some)."""
    rows = job.events.filter(kind="metrics").order_by("id").values_list("id", "data")
    by_step: dict[int, dict[str, Any]] = {}
    for event_id, data in rows:
        by_step[int(data.get("step", 0))] = {**_numbers(data), "event": event_id}
    ordered = [by_step[step] for step in sorted(by_step)]
    every = -(-len(ordered) // MAX_POINTS) or 1
    return ordered[::every]


def _numbers(data: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(data, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return {k: data[k] for k in names if isinstance(data[k], int | float) and not isinstance(data[k], bool)}


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return header and rows of the newest points, for readers without scripts or with a screen reader."""
    names = list(dict.fromkeys(name for row in rows for name in row if name not in ("step", "event")))
    shown = [(row.get("step"), [row.get(name) for name in names]) for row in rows[-TABLE_ROWS:]]
    return {"names": names, "rows": shown[::-1], "left_out": max(0, len(rows) - TABLE_ROWS)}


def samples(job: Job) -> list[dict[str, Any]]:
    """Return the newest samples, newest first."""
    rows = job.events.filter(kind="sample").order_by("-id").values_list("data", flat=True)
    return list(rows[:SHOWN_SAMPLES])


def resumes(job: Job) -> list[dict[str, Any]]:
    return list(job.events.filter(kind="resume").order_by("id").values_list("data", flat=True))


def flat(metrics: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested figures as (name, value) rows; long lists are left to the JSON."""
    rows: list[tuple[str, Any]] = []
    for name, value in metrics.items():
        label = f"{prefix}{name}".replace("_", " ")
        if (
            name == "by_annotator"
        ):  # how far the model agrees with each person is in the record, not on a page
            continue
        if isinstance(value, Mapping):
            rows += flat(value, f"{prefix}{name}: ")
        elif isinstance(value, list):
            if len(value) == 2 and all(isinstance(end, int | float) for end in value):
                rows.append((label, f"{value[0]:.4g} to {value[1]:.4g}"))
        elif isinstance(value, float):
            rows.append((label, f"{value:.4g}"))
        elif value is not None:
            rows.append((label, value))
    return rows
