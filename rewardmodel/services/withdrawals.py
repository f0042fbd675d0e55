"""Makes a successor of every dataset from which rankings were withdrawn, and deletes the files of the old ones.

Safe to run again and beside itself: a dataset is retired once, and its files are deleted only after that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from annotation import selectors as annotation
from annotation.models import Project
from annotation.services.withdrawing import hold_freezes
from byhand.audit.services import record
from rewardmodel import splits
from rewardmodel.models import DatasetBallot, DatasetRetirement, PreferenceDataset
from rewardmodel.reviewing import decisions_of, quality_file
from rewardmodel.services.datasets import dataset_folder, store

STAYS = "manifest.json"


def follow_withdrawals(project_id: UUID, check: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Retire every dataset of the project that holds withdrawn rankings; return how many, and how many successors."""
    project = Project.objects.get(pk=project_id)
    concerned = PreferenceDataset.objects.filter(
        project=project, retirement=None, ballots__ballot__withdrawn__isnull=False
    )
    retired = 0
    for dataset in concerned.distinct().order_by("created_at"):
        check()
        while not _retire(project, dataset):
            check()
        retired += 1
    for retirement in DatasetRetirement.objects.filter(dataset__project=project).select_related("dataset"):
        _delete_files(retirement.dataset)
    return {"retired": retired}


def _retire(project: Project, dataset: PreferenceDataset) -> bool:
    """Make the successor; False if more was withdrawn meanwhile, and then nothing was stored."""
    frozen = _without_withdrawn(project, dataset)
    if frozen.placed:
        made = store(actor=dataset.created_by, project=project, frozen=frozen, instead_of=dataset)
        if made is None:
            return False
    else:
        with transaction.atomic():
            hold_freezes(project.pk)
            DatasetRetirement.objects.get_or_create(dataset=dataset)
    record(actor_id=None, action="dataset.retire", subject=f"dataset:{dataset.pk}")
    return True


def _without_withdrawn(project: Project, dataset: PreferenceDataset) -> splits.Frozen:
    """Freeze the same rankings again, less those that were withdrawn, with the same seed and options."""
    inside = DatasetBallot.objects.filter(dataset=dataset)
    kept = set(inside.filter(ballot__withdrawn__isnull=True).values_list("ballot_id", flat=True))
    ballots: list[Any] = [row for row in annotation.ballots_for_dataset(project.pk) if row.ballot_id in kept]
    before = dict(dataset.manifest["excluded"])
    before.pop("adjudicated", None)  # these are inside, behind their decision, and are counted again
    withdrawn = before.pop("withdrawn", 0) + inside.count() - len(kept)
    return splits.freeze(
        ballots,
        project=str(project.pk),
        simulated=project.simulated,
        seed=dataset.manifest["seed"],
        secret=settings.SECRET_KEY.encode(),
        skipped={},
        left_out={**before, "withdrawn": withdrawn},
        decisions=decisions_of(project.pk),
        adjudication=dataset.manifest["adjudication"]["option"],
        quality=partial(quality_file, project),
    )


def _delete_files(dataset: PreferenceDataset) -> None:
    folder = dataset_folder(dataset)
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name != STAYS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
