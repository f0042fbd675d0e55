"""Reads of models, datasets and runs. Whatever serves a page takes the person who asks.

Members of an organisation (engineers and stewards) see its models and runs; annotators and others see none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from annotation.models import Project, Skip
from byhand.accounts.models import Membership, Organisation
from byhand.accounts.selectors import Person
from rewardmodel.errors import NotHere
from rewardmodel.models import GateResult, ModelVersion, PreferenceDataset, Run

T = TypeVar("T")


def _organisations(actor: Person) -> QuerySet[Membership, UUID]:
    if actor.pk is None:
        return Membership.objects.none().values_list("organisation_id", flat=True)
    return Membership.objects.filter(user_id=actor.pk).values_list("organisation_id", flat=True)


def is_member(actor: Person) -> bool:
    """Whether `actor` belongs to any organisation as engineer or steward."""
    return _organisations(actor).exists()


def visible_models(actor: Person) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(organisation__in=_organisations(actor)).order_by("-created_at", "id")


def visible_runs(actor: Person) -> QuerySet[Run]:
    runs = Run.objects.filter(organisation__in=_organisations(actor)).order_by("-created_at", "id")
    return runs.select_related("job", "dataset", "base", "reference", "reward_model", "organisation")


def visible_datasets(actor: Person) -> QuerySet[PreferenceDataset]:
    datasets = PreferenceDataset.objects.filter(organisation__in=_organisations(actor))
    return datasets.select_related("project").order_by("-created_at", "id")


def visible_projects(actor: Person) -> QuerySet[Project]:
    return Project.objects.filter(organisation__in=_organisations(actor)).order_by("title", "id")


def get_model(actor: Person, model_id: UUID) -> ModelVersion:
    version = (
        visible_models(actor).filter(pk=model_id).select_related("run__job", "parent", "dataset").first()
    )
    return _found(version, "model")


def get_run(actor: Person, run_id: UUID) -> Run:
    return _found(visible_runs(actor).filter(pk=run_id).first(), "run")


def get_dataset(actor: Person, dataset_id: UUID) -> PreferenceDataset:
    return _found(visible_datasets(actor).filter(pk=dataset_id).first(), "dataset")


def get_project(actor: Person, project_id: UUID) -> Project:
    return _found(visible_projects(actor).filter(pk=project_id).first(), "project")


def _found(row: T | None, what: str) -> T:
    if row is None:
        raise NotHere(f"There is no such {what}, or it is not yours to see.")
    return row


def find_model(organisation: Organisation, wanted: str, kind: str) -> ModelVersion | None:
    """Return a model by name or digest; retired ones are found by digest alone."""
    models = ModelVersion.objects.filter(organisation=organisation, kind=kind)
    return models.filter(digest=wanted).first() or models.filter(name=wanted).exclude(stage="retired").first()


def find_dataset(organisation: Organisation, wanted: str) -> PreferenceDataset | None:
    """Return a dataset by digest, or the newest one of the project whose short name is `wanted`."""
    datasets = PreferenceDataset.objects.filter(organisation=organisation).select_related("project")
    newest = datasets.filter(project__slug=wanted, retirement=None).order_by("-created_at")
    return datasets.filter(digest=wanted).first() or newest.first()


@dataclass(frozen=True)
class Withdrawn:
    """How many rankings of a dataset were withdrawn by the people who made them; nobody learns who."""

    dataset: PreferenceDataset
    rankings: int
    retired: bool
    successor: PreferenceDataset | None


def withdrawn_of(datasets: Iterable[PreferenceDataset]) -> list[Withdrawn]:
    """Return those of the datasets that rankings were withdrawn from, oldest first."""
    rows = (
        PreferenceDataset.objects.filter(pk__in=[dataset.pk for dataset in datasets])
        .annotate(gone=Count("ballots", filter=Q(ballots__ballot__withdrawn__isnull=False)))
        .filter(gone__gt=0)
        .select_related("project", "retirement__successor")
        .order_by("created_at", "pk")
    )
    found = []
    for row in rows:
        retirement = getattr(row, "retirement", None)
        successor = retirement.successor if retirement else None
        found.append(Withdrawn(row, row.gone, retirement is not None, successor))
    return found


def trained_on(dataset: PreferenceDataset) -> list[ModelVersion]:
    """Return the models that learned from this very dataset."""
    rows = ModelVersion.objects.filter(Q(dataset=dataset) | Q(run__dataset=dataset))
    return list(rows.distinct().order_by("created_at", "pk"))


def by_any_digest(digest: str) -> list[ModelVersion]:
    """Return the models whose manifest, or one of whose files, has this sha256."""
    hits = ModelVersion.objects.filter(Q(digest=digest) | Q(files__sha256=digest))
    return list(hits.distinct().order_by("created_at", "id"))


def skips_by_reason(project_id: UUID) -> dict[str, int]:
    rows = Skip.objects.filter(lease__project=project_id).values_list("reason").annotate(n=Count("pk"))
    return dict(rows.order_by("reason"))


@dataclass(frozen=True)
class Lineage:
    """Everything a model stands on: newest first, each thing once."""

    models: tuple[ModelVersion, ...]
    runs: tuple[Run, ...]
    datasets: tuple[PreferenceDataset, ...]

    @property
    def simulated(self) -> bool:
        marks = [m.simulated for m in self.models] + [r.simulated for r in self.runs]
        return any(marks + [d.simulated for d in self.datasets])


def lineage(version: ModelVersion) -> Lineage:
    """Walk from a model through its run, reward model and dataset to the base, breadth first."""
    models: dict[UUID, ModelVersion] = {}
    runs: dict[UUID, Run] = {}
    datasets: dict[UUID, PreferenceDataset] = {}
    waiting = [version]
    while waiting:
        model = waiting.pop(0)
        if model.pk in models:
            continue
        models[model.pk] = model
        run = model.run
        parents = [model.parent]
        if run is not None:
            runs[run.pk] = run
            parents += [run.base, run.reference, run.reward_model]
        # PPO's prompts come from a dataset too, but what it learned from are the rankings of the reward model's.
        for dataset in (model.dataset, run.dataset if run else None):
            if dataset is not None:
                datasets[dataset.pk] = dataset
        waiting += [parent for parent in parents if parent is not None]
    return Lineage(tuple(models.values()), tuple(runs.values()), tuple(datasets.values()))


def lineage_runs(version: ModelVersion) -> list[Run]:
    """Return the runs behind a model, and the evaluations of it."""
    return [*lineage(version).runs, *evaluations(version)]


def evaluations(version: ModelVersion) -> list[Run]:
    runs = Run.objects.filter(base=version, kind="evaluate").select_related("job")
    return list(runs.order_by("-created_at", "id"))


def made_by(run: Run) -> list[ModelVersion]:
    """Return what a run made. A run that repeats another one bit for bit made the version that is there already."""
    same = Q(organisation=run.organisation_id, digest=run.metrics.get("digest", ""))
    return list(ModelVersion.objects.filter(Q(run=run) | same).order_by("kind", "created_at"))


def newest_gates(run: Run) -> list[GateResult]:
    """Return the newest result of each gate of a run, in the order G0, G1, G2."""
    newest: dict[str, GateResult] = {}
    for result in GateResult.objects.filter(run=run).order_by("id"):
        newest[result.gate] = result
    return [newest[gate] for gate in sorted(newest)]


@dataclass(frozen=True)
class LineageStep:
    """One row of the lineage as people read it: what it is, what it is called, where its page is."""

    what: str
    name: str
    url: str
    digest: str
    note: str
    simulated: bool


def lineage_steps(line: Lineage) -> list[LineageStep]:
    """Return models, the runs that made them, and the datasets with their ballots, newest first."""
    steps: list[LineageStep] = []
    for model in line.models:
        url = reverse("model", args=[model.pk])
        steps.append(
            LineageStep(model.get_kind_display(), model.name, url, model.digest, model.note, model.simulated)
        )
        if model.run is not None:
            run = model.run
            url = reverse("run", args=[run.pk])
            label = f"{run.get_kind_display()} run"
            steps.append(
                LineageStep(
                    label, run.name, url, run.config_sha256, f"seed {run.config['seed']}", run.simulated
                )
            )
    for dataset in line.datasets:
        counts = dataset.manifest["counts"]
        note = f"{counts['rankings']} rankings of {counts['prompts']} prompts"
        url = reverse("dataset", args=[dataset.pk])
        name = dataset.project.title
        steps.append(LineageStep("Preference dataset", name, url, dataset.digest, note, dataset.simulated))
    return steps


def inputs(run: Run) -> list[tuple[str, str, str]]:
    """Return what a run stands on as (role, name, address)."""
    found = (
        [("Dataset", run.dataset.project.title, reverse("dataset", args=[run.dataset.pk]))]
        if run.dataset
        else []
    )
    for role, model in (
        ("Policy", run.base),
        ("Reference", run.reference),
        ("Reward model", run.reward_model),
    ):
        if model is not None:
            found.append((role, model.name, reverse("model", args=[model.pk])))
    return found
