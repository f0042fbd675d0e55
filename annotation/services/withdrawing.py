"""Takes rankings back from all later datasets and exports, at their author's word. Pay, time and ledger stay.

A freeze of the project waits for a withdrawal and the other way round (`hold_freezes`): either the ballot is not in
the dataset, or the job that is enqueued here finds the dataset and makes its successor.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Ballot, Participation, Withdrawal, WithdrawnBallot
from byhand.accounts.models import User
from byhand.audit.services import record
from byhand.errors import NotFound
from byhand.jobs.services import enqueue

JOB = "annotation.withdrawn"
"""The job that follows; whoever made something of the ballots handles it."""


@transaction.atomic
def withdraw_ballots(
    *, worker: User, project_id: uuid.UUID, lease_id: uuid.UUID | None = None, at: datetime | None = None
) -> int:
    """Withdraw one ranking of the worker, or all of the project so far; return how many ballots that were.

    Doing it again withdraws nothing more and returns 0. Raises NotFound for anybody else's.
    """
    if not Participation.objects.filter(project=project_id, user=worker).exists():
        raise NotFound(_("No such project, or you take no part in it."))
    hold_freezes(project_id)
    given = Ballot.objects.filter(worker=worker, lease__project=project_id)
    if lease_id is not None:
        given = given.filter(lease=lease_id)
        if not given.exists():
            raise NotFound(_("You have given no such ranking."))
    ballots = list(given.filter(withdrawn__isnull=True).values_list("pk", flat=True))
    if not ballots:
        return 0
    made = Withdrawal.objects.create(
        project_id=project_id, worker=worker, whole_project=lease_id is None, at=at or timezone.now()
    )
    WithdrawnBallot.objects.bulk_create(
        (WithdrawnBallot(ballot_id=ballot, withdrawal=made) for ballot in ballots), batch_size=2000
    )
    record(
        actor_id=worker.pk,
        action="annotation.withdraw",
        subject=f"withdrawal:{made.pk}",
        ballots=len(ballots),
    )
    # neither an organisation nor a person stands on the job: its page would tell engineers who withdrew
    enqueue(
        kind=JOB, payload={"project": str(project_id)}, dedupe_key=f"withdrawn:{made.pk}", max_attempts=10
    )
    return len(ballots)


def hold_freezes(project_id: uuid.UUID) -> None:
    """Wait for whoever freezes or withdraws ballots of this project, and hold others until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"freeze {project_id}"])
