"""The paid pilot: a few rankings, paid like all work, that say how long one takes before everybody is asked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from annotation.errors import InvalidProject
from annotation.models import Project, ProjectState
from annotation.selectors.setup import pilot_reasons
from annotation.services.states import refuse, set_state
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer


def start_pilot(*, actor: User, project: Project, at: datetime | None = None) -> Project:
    """Offer work until `pilot_ballots` rankings count. A running pilot is returned as it is.

    Raises NotPublishable with every reason: the payer, the rate, the floor and the reservation are checked as for
    publishing, with the worst case of the pilot's rankings.
    """
    require_engineer(actor, project.organisation_id)
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        if locked.state == ProjectState.PILOT:
            return locked
        if locked.state == ProjectState.OPEN:
            raise InvalidProject("The project is open already.", ["state: a pilot comes before publishing."])
        if locked.pilot_ballots == 0:
            raise InvalidProject(
                "This project has no pilot.", ["pilot_ballots: is 0; say how many rankings."]
            )
        refuse(pilot_reasons(locked), "The pilot can't begin yet.")
        return set_state(actor, locked, ProjectState.PILOT, "", at=at)
