"""What a report is about, as its caller knows it: a model, its files, its lineage. Pure data.

The caller (the package that owns models) fills this in; nothing here knows how a model is stored or trained.
Everything that costs a person time or pays them comes from the frozen periods instead, never from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Step:
    """One step of the lineage: a run, a data set or an earlier model, by digest. Shown as a row.

    kind     "sft", "reward", "ppo", "evaluate" for a run; "preferences" for a data set; free for others
    name     what people call it; shown as text, never as markup
    digest   sha256 of its manifest or config in hex; "" if there is none
    note     one line about it, e.g. "40 updates, seed 7"; never a number about people
    rows     how many rankings a data set holds; None for a run. Withheld where the crew is too small
    """

    kind: str
    name: str
    digest: str = ""
    note: str = ""
    rows: int | None = None


@dataclass(frozen=True)
class Base:
    """The model that training began with. `digest` is "" if unknown; `note` says what is known of its
    making.
    """

    name: str
    digest: str = ""
    note: str = ""


@dataclass(frozen=True)
class Gate:
    """One gate of the promotion. `figures` are texts ready to show, e.g. {"gain": "0.41 (0.22 to 0.60)"}."""

    name: str
    passed: bool
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Energy:
    """Measured energy of generation, training and evaluation; `kwh` is a decimal text, None if not
    measured.
    """

    kwh: str | None = None
    method: str = "not measured"
    scope: str = ""


@dataclass(frozen=True)
class ReportSubject:
    """The subject of a report.

    slug          the report's address, /reports/<slug>/; lower case letters, digits, hyphens
    title         what the model is called; hostile text is allowed, it is shown escaped
    model_digest  sha256 (hex) of the model's manifest
    files         file name -> sha256 (hex) of every weight and config file, so that any of them finds the
    report
    base          the model that training began with
    simulated     True if any work behind it was simulated; must agree with every frozen leaf
    runs          training and evaluation runs, first to last
    datasets      preference data sets used, first to last
    direct_work   the work that is in those data sets: {"rank:<lease id>", "review:<review id>", ...}
    projects      the projects that work was done in; all their time up to the last direct work is reported
    counts        label -> number, of things that people made ("rankings", "skips"); withheld with the hours
    machine_counts label -> number, of things that machines made ("prompts", "completions generated"); always shown
    gates         gates applied before promotion
    energy        what was measured
    not_known     what the caller knows that it does not know, one sentence each
    offered_to    project -> to how many people its rate card was offered; a project left out counts as
    unknown,
                  and its rate card is shown only if at least 5 people have worked at it
    guidelines    label -> sha256 of the instructions people were given, e.g. {"Ranking v1": "ab.."}
    """

    slug: str
    title: str
    model_digest: str
    files: Mapping[str, str]
    base: Base
    simulated: bool
    runs: tuple[Step, ...] = ()
    datasets: tuple[Step, ...] = ()
    direct_work: frozenset[str] = frozenset()
    projects: tuple[UUID, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    machine_counts: Mapping[str, int] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    energy: Energy = field(default_factory=Energy)
    not_known: tuple[str, ...] = ()
    offered_to: Mapping[UUID, int] = field(default_factory=dict)
    guidelines: Mapping[str, str] = field(default_factory=dict)


def to_json(subject: ReportSubject) -> dict[str, Any]:
    """Return the subject as plain JSON values, sets sorted, so that the same subject is the same text."""
    return {
        "slug": subject.slug,
        "title": subject.title,
        "model_digest": subject.model_digest,
        "files": dict(sorted(subject.files.items())),
        "base": _plain(subject.base),
        "simulated": subject.simulated,
        "runs": [_plain(step) for step in subject.runs],
        "datasets": [_plain(step) for step in subject.datasets],
        "direct_work": sorted(subject.direct_work),
        "projects": sorted(str(project) for project in subject.projects),
        # pairs, not objects: a JSON column forgets the order of keys, and the order is part of the report
        "counts": _pairs(subject.counts),
        "machine_counts": _pairs(subject.machine_counts),
        "gates": [{**_plain(gate), "figures": _pairs(gate.figures)} for gate in subject.gates],
        "energy": _plain(subject.energy),
        "not_known": list(subject.not_known),
        "offered_to": {str(project): number for project, number in sorted(subject.offered_to.items())},
        "guidelines": dict(sorted(subject.guidelines.items())),
    }


def from_json(data: Mapping[str, Any]) -> ReportSubject:
    """Read back what `to_json` wrote."""
    return ReportSubject(
        **{
            **data,
            "base": Base(**data["base"]),
            "runs": tuple(Step(**step) for step in data["runs"]),
            "datasets": tuple(Step(**step) for step in data["datasets"]),
            "direct_work": frozenset(data["direct_work"]),
            "projects": tuple(UUID(project) for project in data["projects"]),
            "counts": dict(data["counts"]),
            "machine_counts": dict(data["machine_counts"]),
            "gates": tuple(Gate(**{**gate, "figures": dict(gate["figures"])}) for gate in data["gates"]),
            "energy": Energy(**data["energy"]),
            "not_known": tuple(data["not_known"]),
            "offered_to": {UUID(project): number for project, number in data["offered_to"].items()},
        }
    )


def _plain(value: Step | Base | Gate | Energy) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in fields(value)}


def _pairs(mapping: Mapping[str, Any]) -> list[list[Any]]:
    return [[key, value] for key, value in mapping.items()]
