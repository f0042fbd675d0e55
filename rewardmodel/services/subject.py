"""Builds what a public report says about a model, from its lineage. Frozen values only; wages knows no model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from annotation.models import Completion, Document, Prompt, Skip
from byhand.accounts.models import Invitation, Role
from rewardmodel.models import DatasetBallot, GateResult, ModelVersion, PreferenceDataset, Run
from rewardmodel.reviewing import reviews_behind
from rewardmodel.selectors import evaluations, lineage, newest_gates
from wages.reports.subject import Base, Energy, Gate, ReportSubject, Step


def report_subject(version: ModelVersion) -> ReportSubject:
    """Return the subject of this model's report: its files, base, runs, datasets and the leases behind them."""
    line = lineage(version)
    runs = sorted([*line.runs, *evaluations(version)], key=lambda run: (run.created_at, str(run.pk)))
    datasets = sorted(line.datasets, key=lambda dataset: (dataset.created_at, str(dataset.pk)))
    base = root(version)
    return ReportSubject(
        slug=f"model-{version.digest[:16]}",
        title=version.name,
        model_digest=version.digest,
        files={file.name: file.sha256 for file in version.files.order_by("name")},
        base=Base(name=base.name, digest=base.digest, note=base.note),
        simulated=line.simulated,
        runs=tuple(_run_step(run) for run in runs),
        datasets=tuple(_dataset_step(dataset) for dataset in datasets),
        direct_work=_direct_work(datasets),
        projects=tuple(sorted({dataset.project_id for dataset in datasets}, key=str)),
        counts=_human_counts(datasets),
        machine_counts=_machine_counts(datasets),
        gates=tuple(_gate(result) for run in runs for result in newest_gates(run)),
        energy=Energy(),
        not_known=_not_known(base),
        offered_to=_offered_to(datasets),
        guidelines=_guidelines(datasets),
    )


def _run_step(run: Run) -> Step:
    config = run.config
    length = next((f"{config[key]} {key}" for key in ("updates", "epochs", "steps") if key in config), "")
    note = ", ".join(part for part in (length, f"seed {config['seed']}", run.state) if part)
    return Step(kind=run.kind, name=run.name, digest=run.config_sha256, note=note)


def _dataset_step(dataset: PreferenceDataset) -> Step:
    rows = dataset.manifest["counts"]["rankings"]
    return Step(kind="preferences", name=dataset.project.title, digest=dataset.digest, rows=rows)


def _direct_work(datasets: Iterable[PreferenceDataset]) -> frozenset[str]:
    rows = DatasetBallot.objects.filter(dataset__in=[dataset.pk for dataset in datasets])
    ranked = {f"rank:{lease}" for lease in rows.values_list("lease_id", flat=True)}
    return frozenset(ranked | {f"review:{review}" for review in reviews_behind(datasets)})


def _human_counts(datasets: Iterable[PreferenceDataset]) -> dict[str, int]:
    """Count each ballot once, also where two datasets of a lineage hold it."""
    datasets = list(datasets)
    decisions = len(reviews_behind(datasets))
    ballots = DatasetBallot.objects.filter(dataset__in=[dataset.pk for dataset in datasets])
    projects = {dataset.project_id for dataset in datasets}
    return {
        "rankings": ballots.aggregate(n=Count("ballot", distinct=True))["n"],
        **({"decisions of reviewers": decisions} if decisions else {}),
        "skips": Skip.objects.filter(lease__project__in=projects).count(),
    }


def _machine_counts(datasets: Iterable[PreferenceDataset]) -> dict[str, int]:
    projects = {dataset.project_id for dataset in datasets}
    return {
        "prompts": Prompt.objects.filter(project__in=projects).count(),
        "completions generated": Completion.objects.filter(generation__project__in=projects).count(),
    }


def _gate(result: GateResult) -> Gate:
    checks: list[dict[str, Any]] = result.figures["checks"]
    return Gate(
        name=result.gate,
        passed=result.passed,
        figures={check["name"]: f"{_shown(check['value'])} (needed: {check['needed']})" for check in checks},
    )


def _shown(value: Any) -> str:
    if value is None:
        return "not measured"
    return value if isinstance(value, str) else f"{value:.4g}"


def root(version: ModelVersion) -> ModelVersion:
    """Return the model that training began with: the oldest parent."""
    while version.parent is not None:
        version = version.parent
    return version


def _not_known(base: ModelVersion) -> tuple[str, ...]:
    made_here = base.run is not None
    said = ["The energy of generation, training and evaluation was not measured."]
    if not made_here:
        said.insert(
            0, f"Who wrote and annotated what {base.name} was trained on before it came here is not known."
        )
    return tuple(said)


def _offered_to(datasets: Iterable[PreferenceDataset]) -> dict[Any, int]:
    """Count the invitations of each project: everybody who was offered its rate card."""
    projects = {dataset.project_id for dataset in datasets}
    rows = Invitation.objects.filter(role=Role.ANNOTATOR, project__in=projects).values_list("project")
    return {project: n for project, n in rows.annotate(n=Count("pk")) if project}


def _guidelines(datasets: Iterable[PreferenceDataset]) -> dict[str, str]:
    projects = {dataset.project_id for dataset in datasets}
    documents = (
        Document.objects.filter(project__in=projects)
        .select_related("project")
        .order_by("project", "kind", "version")
    )
    several = len(projects) > 1
    return {
        f"{document.project.title + ': ' if several else ''}{document}": document.sha256
        for document in documents
    }
