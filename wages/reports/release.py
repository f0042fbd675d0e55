"""The release object: the one thing that a report is. A pure function of snapshot, subject and edition.

HTML and JSON are both made from what `build` returns, so a cell that is withheld is withheld everywhere. The
same inputs give the same bytes, in whatever order the leaves come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wages.reports import disclosure, headline, method, rounding, workload
from wages.reports.cells import Cell, known, withheld
from wages.reports.snapshot import ProjectFact, RateCardFact, Snapshot, require_unmixed
from wages.reports.subject import ReportSubject, Step
from wages.reports.workload import DIRECT, Workload

SCHEMA = "labor-report/v1"
LABELS = {
    DIRECT: "Rankings that are in the data sets, and reviews of them",
    "task": "Ranking that is not in them: skips, surplus, rejected or unfinished work",
    "review": "Review",
    "guidelines": "Reading terms and guidelines",
    "training": "Training",
    "qualification": "Qualification",
    "waiting": "Waiting for work",
    "admin": "Administration",
    "break": "Paid breaks",
    "claimed": "Claimed time that the clock did not see",
}


@dataclass(frozen=True)
class Edition:
    """Which version this is. `published_at` is ISO 8601; `supersedes` the sha256 of the version before, or
    "".
    """

    period: str
    version: int
    supersedes: str
    published_at: str


def build(snapshot: Snapshot, subject: ReportSubject, edition: Edition) -> dict[str, Any]:
    """Return the release object. Raises MixedWork if simulated met real work, or one currency another."""
    require_unmixed(snapshot, subject.simulated)
    work = workload.make(snapshot, subject.direct_work)
    return {
        "schema": SCHEMA,
        "report": {
            "slug": subject.slug,
            "title": subject.title,
            "period": edition.period,
            "version": edition.version,
            "supersedes": edition.supersedes,
            "published_at": edition.published_at,
        },
        "simulated": subject.simulated,
        "scope": _scope(subject),
        "subject": {
            "model_digest": subject.model_digest,
            "files": [{"name": name, "sha256": digest} for name, digest in sorted(subject.files.items())],
            "base": {"name": subject.base.name, "digest": subject.base.digest, "note": subject.base.note},
        },
        "headline": headline.build(work, subject),
        "people": _people(work),
        "time": _time(work),
        "rate_cards": _rate_cards(work, subject),
        "payers": _payers(snapshot),
        "guidelines": [
            {"name": name, "sha256": digest} for name, digest in sorted(subject.guidelines.items())
        ],
        "counts": _counts(work, subject),
        "lineage": _lineage(work, subject),
        "gates": _gates(work, subject),
        "periods": _periods(work),
        "not_known": _not_known(work, subject),
        "audited_by": "nobody",
        "witnessed_by": "nobody",
        "method": {"version": method.VERSION, "path": f"/methods/{method.VERSION}/"},
        "disclosure_policy": {"version": disclosure.POLICY_VERSION, "rules": list(disclosure.POLICY)},
    }


def _scope(subject: ReportSubject) -> dict[str, str]:
    return {
        "covered": "Covers work recorded here.",
        "not_covered": f"Not covered: pretraining of {subject.base.name} (authors, annotators, energy: unknown), "
        "work outside Byhand, hardware.",
    }


def _people(work: Workload) -> dict[str, Any]:
    several = len(work.snapshot.slices) > 1
    note = "in the largest period; people are not followed from one period to the next" if several else ""
    return {
        "worked": work.worked,
        "contributors": known("Contributors", disclosure.crew_band(work.largest_crew()), "people", note),
    }


def _time(work: Workload) -> dict[str, Any]:
    """One one-way breakdown. `direct` and `also_needed` are sums of its rows, so no second cut exists to
    compare.
    """
    reason = headline.barred(work)
    groups, sizes = work.breakdown()
    names = (*groups.alone, *((disclosure.OTHER,) if groups.together else ()))
    if reason or not names:
        why = reason or "no grouping of the hours is safe to show"
        return {
            "direct": withheld("Direct", why),
            "also_needed": withheld("Also needed", why),
            "rows": [],
        }
    sizes[disclosure.OTHER] = sum(sizes[name] for name in groups.together)
    total = work.ms()
    direct = sizes[DIRECT] if DIRECT in groups.alone or not sizes[DIRECT] else None
    rows = [_row(name, sizes[name], total) for name in names]
    hidden = "too few people to be shown apart; it is in the other row"
    if direct is None:
        return {
            "direct": withheld("Direct", hidden),
            "also_needed": withheld("Also needed", hidden),
            "rows": rows,
        }
    return {
        "direct": _hours("Direct", direct, total),
        "also_needed": _hours("Also needed", total - direct, total),
        "rows": rows,
    }


def _hours(label: str, ms: int, total: int) -> Cell:
    return known(label, rounding.hours(ms), "h", f"{rounding.percent(ms, total)}%")


def _row(name: str, ms: int, total: int) -> dict[str, str]:
    label = LABELS.get(name, "Other kinds of time, put together because few people had each")
    share = rounding.percent(ms, total)
    return {"id": name, "label": label, "hours": rounding.hours(ms), "percent": share}


def _rate_cards(work: Workload, subject: ReportSubject) -> list[dict[str, Any]]:
    used = {leaf.rate_card for part in work.snapshot.slices for leaf in part.leaves}
    return [
        _rate_card(work, subject, project, card)
        for project in sorted(work.snapshot.projects, key=lambda project: project.id)
        for card in sorted(project.rate_cards, key=lambda card: card.valid_from)
        if card.id in used
    ]


def _rate_card(
    work: Workload, subject: ReportSubject, project: ProjectFact, card: RateCardFact
) -> dict[str, Any]:
    offered = {str(key): number for key, number in subject.offered_to.items()}.get(project.id, 0)
    on_card = max(
        len({leaf.worker for leaf in part.leaves if leaf.rate_card == card.id})
        for part in work.snapshot.slices
    )
    label = "Hourly rate"
    if max(offered, on_card) < disclosure.MIN_CREW:
        rate = withheld(label, "offered to fewer than 5 people, or to a number of people that is not known")
        return {"id": card.id, "project": project.title, "rate": rate, "valid_from": "", "valid_to": ""}
    rate = known(label, rounding.money_exact(card.hourly_micro, project.currency), f"{project.currency}/h")
    return {
        "id": card.id, "project": project.title, "rate": rate, "valid_from": card.valid_from, "valid_to":
        card.valid_to,
    }  # fmt: skip


def _payers(snapshot: Snapshot) -> list[dict[str, str]]:
    return [
        {
            "project": project.title,
            "operator": project.organisation,
            "legal_entity": payer.legal_entity,
            "country": payer.country,
            "relation": payer.relation,
            "intermediaries": "unknown",
        }
        for project in sorted(snapshot.projects, key=lambda project: project.id)
        for payer in project.payers
    ]


def _counts(work: Workload, subject: ReportSubject) -> list[Cell]:
    """What people made is counted only where every period may be shown: a count times a speed is an
    income.
    """
    reason = headline.barred(work) or (work.withheld[0][1] if work.withheld else "")
    people = [
        withheld(label, reason) if reason else known(label, str(number))
        for label, number in subject.counts.items()
    ]
    machines = [
        known(label, str(number), "", "made by machine") for label, number in subject.machine_counts.items()
    ]
    return people + machines


def _lineage(work: Workload, subject: ReportSubject) -> list[dict[str, Any]]:
    base = Step(kind="base", name=subject.base.name, digest=subject.base.digest, note=subject.base.note)
    steps = [base, *subject.datasets, *subject.runs]
    return [
        {
            "kind": step.kind,
            "name": step.name,
            "digest": step.digest,
            "note": step.note,
            "rows": [] if step.rows is None else _counts_of(work, step.rows),
        }
        for step in steps
    ]


def _counts_of(work: Workload, rows: int) -> list[Cell]:
    reason = headline.barred(work) or (work.withheld[0][1] if work.withheld else "")
    return [withheld("Rankings", reason) if reason else known("Rankings", str(rows))]


def _gates(work: Workload, subject: ReportSubject) -> list[dict[str, Any]]:
    shown = work.whole and not headline.barred(work)
    return [
        {
            "name": gate.name,
            "passed": gate.passed,
            "figures": [{"name": name, "value": value} for name, value in gate.figures.items()]
            if shown
            else [],
        }
        for gate in subject.gates
    ]


def _periods(work: Workload) -> list[dict[str, Any]]:
    reasons = {part.period_id: reason for part, reason in work.withheld}
    return [
        {
            "project": part.project,
            "project_title": work.snapshot.project(part.project).title,
            "label": part.label,
            "starts": part.starts,
            "ends": part.ends,
            "crew": disclosure.crew_band(workload.crew(part)),
            "covered": part.period_id not in reasons,
            "reason": reasons.get(part.period_id, ""),
            "snapshot_root": part.root,
            "log_index": "" if part.log_index is None else str(part.log_index),
        }
        for part in work.snapshot.slices
    ]


def _not_known(work: Workload, subject: ReportSubject) -> list[str]:
    found = {leaf.work for part in work.snapshot.slices for leaf in part.leaves}
    gaps = list(method.NEVER_KNOWN)
    if not subject.direct_work <= found:
        gaps.insert(
            0, "Some rankings behind this model have no time in a closed period. Their hours are not in here."
        )
    if work.withheld:
        gaps.insert(0, "Hours and pay of the periods that are withheld below.")
    return [*gaps, *(sentence for sentence in subject.not_known if sentence not in gaps)]
