"""Where somebody says that they work decides whether they are offered work, and never in which order."""

from __future__ import annotations

import pytest

from annotation.errors import NoOffer
from annotation.models import Lease
from annotation.services.submitting import submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import User
from tests.annotation.test_assignment import ANSWER
from tests.annotation.world import World, add_annotator, make_open
from wages.models import WorkPlace
from wages.selectors import current_rate
from wages.services.clock import start_work
from wages.services.places import declare_place

pytestmark = pytest.mark.django_db


def place(user: User, country: str, subdivision: str = "") -> None:
    declare_place(worker=user, country=country, subdivision=subdivision, zone="Africa/Nairobi")


def all_of(world: World, user: User) -> list[int]:
    start_work(worker=user, project_id=world.project.pk, tab="")
    seen = []
    while (lease := take_next(worker=user, project=world.fresh())) is not None:
        submit_ballot(worker=user, lease_id=lease.pk, answer=ANSWER, key=f"key-{lease.pk}")
        seen.append(lease.item_id)
    return seen


def test_two_workers_with_different_places_see_the_offers_in_the_same_order() -> None:
    world = make_open(items=5, overlap=3)
    here, there, nowhere = world.worker, add_annotator(world, "there"), add_annotator(world, "nowhere")
    place(here, "US", "US-CA")
    place(there, "DK")
    orders = [all_of(world, user) for user in (here, there, nowhere)]
    assert len(orders[0]) == 5
    assert orders[0] == orders[1] == orders[2]


def test_a_rate_below_ones_own_floor_stops_offers_in_words(settings: object, tmp_path: object) -> None:
    world = make_open(items=2)
    rate = current_rate(world.project.pk)
    assert rate is not None
    start_work(worker=world.worker, project_id=world.project.pk, tab="")
    settings.FLOORS_DIR = with_a_high_floor(tmp_path)  # type: ignore[attr-defined]
    place(world.worker, "AR")
    with pytest.raises(NoOffer) as refused:
        take_next(worker=world.worker, project=world.fresh())
    assert refused.value.details["reason"] == "below_own_floor"
    assert "Argentina" in refused.value.message and "USD 500.00" in refused.value.message
    assert not Lease.objects.exists()
    place(world.worker, "DK")
    assert take_next(worker=world.worker, project=world.fresh()) is not None


def test_the_item_in_hand_is_kept_when_the_place_changes(settings: object, tmp_path: object) -> None:
    world = make_open(items=2)
    start_work(worker=world.worker, project_id=world.project.pk, tab="")
    lease = take_next(worker=world.worker, project=world.fresh())
    settings.FLOORS_DIR = with_a_high_floor(tmp_path)  # type: ignore[attr-defined]
    place(world.worker, "AR")
    assert take_next(worker=world.worker, project=world.fresh()) == lease
    assert lease is not None
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=ANSWER, key="key-of-it")


def test_a_place_whose_floor_is_not_known_stops_nobody() -> None:
    world = make_open(items=1)
    start_work(worker=world.worker, project_id=world.project.pk, tab="")
    place(world.worker, "KE")
    assert WorkPlace.objects.count() == 1
    assert take_next(worker=world.worker, project=world.fresh()) is not None


def with_a_high_floor(folder: object) -> object:
    from tests.wages.test_floors_data import GOOD, written

    return written(
        folder,  # type: ignore[arg-type]
        GOOD | {"country": "AR", "currency": "USD", "amount": "500"},
        GOOD | {"country": "DK", "currency": "DKK", "amount": "none"},
    )
