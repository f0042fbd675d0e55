"""Reads what reviewers decided and how reliable rankings are, for freezing; and which reviews are behind a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from annotation.formats.splitting import canonical
from annotation.models import Adjudication, Participation, Project
from annotation.selectors.quality import newest_snapshot, weights_of
from annotation.selectors.reviews import current_adjudications
from rewardmodel.decided import Decided
from rewardmodel.models import DatasetBallot, PreferenceDataset

QUALITY_FORMAT = 1
ADVICE = "Advice only, for whoever trains on this data: neither pay nor assignment reads it."


def decisions_of(project_id: UUID) -> list[Decided]:
    """Return the decision that stands for each item of a project that has one, in a fixed order.

    Where a ranking stands that its author has withdrawn, there is none.
    """
    rows = current_adjudications(project_id).filter(ballot__withdrawn__isnull=True).order_by("item", "pk")
    return [
        Decided(row.decision, row.answer, row.reviewer_id, frozenset(map(str, row.ballots))) for row in rows
    ]


def quality_file(project: Project, names: Mapping[Any, str]) -> bytes | None:
    """Return the reliability of the people in `names`, under those names; None where nothing was computed yet."""
    snapshot = newest_snapshot(project)
    if snapshot is None:
        return None
    people = dict(Participation.objects.filter(project=project).values_list("pseudonym", "user_id"))
    found = [
        {
            "annotator": names[people[row["pseudonym"]]],
            **{part: row[part] for part in ("weight", "low", "high")},
        }
        for row in weights_of(snapshot.pk)
        if people.get(row["pseudonym"]) in names
    ]
    body = {
        "format": QUALITY_FORMAT,
        "kind": "annotator-reliability",
        "note": ADVICE,
        "method": snapshot.method,
        "ballots": snapshot.ballots,
        "annotators": sorted(found, key=lambda row: row["annotator"]),
    }
    return canonical(body)


def reviews_behind(datasets: Iterable[PreferenceDataset]) -> set[UUID]:
    """Return the reviews that decided items of these datasets before they were frozen, superseded ones, too."""
    found: set[UUID] = set()
    for dataset in datasets:
        items = DatasetBallot.objects.filter(dataset=dataset).values("ballot__item")
        decided = Adjudication.objects.filter(item__in=items, created_at__lte=dataset.created_at)
        found.update(decided.values_list("review", flat=True))
    return found
