"""Freezes the ballots of a project into an immutable dataset. The only writer of datasets."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from annotation import selectors as annotation
from annotation.models import Project, WithdrawnBallot
from annotation.services.replacing import mark_frozen
from annotation.services.withdrawing import hold_freezes
from byhand import folders
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import Invalid
from byhand.webhooks import services as webhooks
from rewardmodel import splits
from rewardmodel.decided import ACCOMPANY, ADJUDICATION
from rewardmodel.errors import NotHere, NothingToFreeze
from rewardmodel.models import DatasetBallot, DatasetRetirement, PreferenceDataset
from rewardmodel.reviewing import decisions_of, quality_file
from rewardmodel.selectors import skips_by_reason

TRIES = 5  # a freeze that a withdrawal has overtaken reads again


def freeze_dataset(
    *, actor: User, project_id: UUID, seed: int = 1, adjudication: str = ACCOMPANY
) -> PreferenceDataset:
    """Freeze the ballots that stand now. The same ballots, decisions, figures and options give the same dataset.

    `adjudication`: by default what reviewers decided accompanies the rankings; "replace" puts it in their place.
    """
    if adjudication not in ADJUDICATION:
        raise Invalid("Nothing was frozen.", [f"adjudication: one of {', '.join(ADJUDICATION)}."])
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise NotHere("There is no such project.")
    require_engineer(actor, project.organisation_id)
    for _ in range(TRIES):
        frozen = _read(project, seed, adjudication)
        if not frozen.placed:
            raise NothingToFreeze(
                f"{project.title} has no ranking that states a preference yet; annotators rank first.",
                excluded=frozen.manifest["excluded"],
            )
        dataset = store(actor=actor, project=project, frozen=frozen)
        if dataset is not None:
            return dataset
    raise NothingToFreeze("Rankings are being withdrawn right now. Freeze again in a moment.", excluded={})


def store(
    *,
    actor: User | None,
    project: Project,
    frozen: splits.Frozen,
    instead_of: PreferenceDataset | None = None,
) -> PreferenceDataset | None:
    """Keep the files and the row of a dataset; None, and nothing kept, if a ballot in it was withdrawn meanwhile.

    `instead_of` is the dataset that the new one succeeds, because rankings in it were withdrawn.
    """
    root = Path(settings.DATASET_ROOT)
    folders.keep_files({**frozen.files, "manifest.json": frozen.manifest_bytes}, root, frozen.digest)
    dataset = _record(actor, project, frozen, instead_of)
    if dataset is None and not PreferenceDataset.objects.filter(digest=frozen.digest).exists():
        shutil.rmtree(root / frozen.digest, ignore_errors=True)
    return dataset


def _read(project: Project, seed: int, adjudication: str) -> splits.Frozen:
    """Read ballots, decisions and skips. Decisions come first: each of theirs is then among the ballots."""
    with transaction.atomic():
        decisions = decisions_of(project.pk)
        ballots: list[Any] = list(annotation.ballots_for_dataset(project.pk))
        skipped = skips_by_reason(project.pk)
        withdrawn = WithdrawnBallot.objects.filter(
            ballot__item__project=project, ballot__superseded_by__isnull=True
        ).count()
    return splits.freeze(
        ballots,
        project=str(project.pk),
        simulated=project.simulated,
        seed=seed,
        secret=settings.SECRET_KEY.encode(),
        skipped=skipped,
        left_out={"withdrawn": withdrawn} if withdrawn else None,
        decisions=decisions,
        adjudication=adjudication,
        quality=partial(quality_file, project),
    )


def _record(
    actor: User | None, project: Project, frozen: splits.Frozen, instead_of: PreferenceDataset | None
) -> PreferenceDataset | None:
    with transaction.atomic():
        hold_freezes(project.pk)
        inside = [ballot for ballot, _lease, _split in frozen.placed]
        if WithdrawnBallot.objects.filter(ballot__in=inside).exists():
            return None
        dataset = _row(actor, project, frozen)
        if instead_of is not None:
            DatasetRetirement.objects.get_or_create(dataset=instead_of, defaults={"successor": dataset})
    return dataset


def _row(actor: User | None, project: Project, frozen: splits.Frozen) -> PreferenceDataset:
    with transaction.atomic():
        known = PreferenceDataset.objects.filter(project=project, digest=frozen.digest).first()
        if known is not None:
            return known
        dataset = PreferenceDataset.objects.create(
            organisation_id=project.organisation_id, project=project, digest=frozen.digest,
            manifest=frozen.manifest, simulated=project.simulated, created_by=actor,
        )  # fmt: skip
        DatasetBallot.objects.bulk_create(
            (
                DatasetBallot(dataset=dataset, ballot_id=ballot, lease_id=lease, split=split)
                for ballot, lease, split in frozen.placed
            ),
            batch_size=2000,
        )
        mark_frozen(ballot for ballot, _lease, _split in frozen.placed)
        record(
            actor_id=actor.pk if actor else None,
            action="dataset.freeze",
            subject=f"dataset:{dataset.pk}",
            digest=frozen.digest,
        )
        webhooks.publish(
            organisation_id=project.organisation_id,
            type="dataset.frozen",
            data={"project": str(project.pk), "dataset": str(dataset.pk), "digest": frozen.digest},
        )
    return dataset


def dataset_folder(dataset: PreferenceDataset) -> Path:
    """Return where the files of a dataset are."""
    return Path(settings.DATASET_ROOT) / dataset.digest
