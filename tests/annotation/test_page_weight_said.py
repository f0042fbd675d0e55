"""The data use that people are told is measured on the page that they get, and never said too low."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.estimates import COMPLETION_OVERHEAD_BYTES, ITEM_OVERHEAD_BYTES
from annotation.selectors.estimates import data_use, text_bytes
from tests.annotation.world import make_open, take

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("k", [2, 4, 9])
def test_one_item_uses_no_more_than_is_said_and_not_half_of_it(client: Client, k: int) -> None:
    world = make_open(k=k, items=1)
    lease = take(world)
    client.force_login(world.worker)
    fragment = client.get(f"/work/{world.project.pk}/items/{lease.pk}/")
    assert fragment.status_code == 200
    said, _hour = data_use(world.fresh(), None)
    assert said / 2 < len(fragment.content) <= said
    assert said - text_bytes(world.fresh()) == ITEM_OVERHEAD_BYTES + k * COMPLETION_OVERHEAD_BYTES
