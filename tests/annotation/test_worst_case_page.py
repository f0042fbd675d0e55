"""The page of pay says the server's worst case with its parts, and hands the browser what it takes to agree."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from tests.annotation.setup_world import fill, fund
from tests.annotation.world import make_draft
from wages.rates.publishing import CardFigures
from wages.rates.readiness import WorstParts
from wages.services.terms import set_terms

HOUR = 3_600_000


def test_the_sums_of_the_browsers_own_test() -> None:
    """The same figures as in frontend/test/worst_case.test.ts."""
    card = CardFigures("v1", 22_200_000, premium_permille=250)
    assert WorstParts(card, 10_000_000, 120).micro(ballots=3, lease_ms=HOUR) == 113_764_000
    piece = WorstParts(CardFigures("v1", 22_200_000, piece_micro=30_000_000), 0, 0)
    assert piece.micro(ballots=3, lease_ms=HOUR) == 99_000_000
    assert piece.micro(ballots=3, lease_ms=2 * HOUR) == 146_520_000


@pytest.mark.django_db
def test_fees_and_overhead_are_on_the_page_and_in_what_the_browser_reads(client: Client) -> None:
    world = make_draft()
    fill(world, 3)
    fund(world, 100_000_000)
    set_terms(
        actor=world.steward,
        project_id=world.project.pk,
        countries=["DK"],
        overhead_micro=10_000_000,
        platform_fee_permille=100,
        contributions_permille=20,
    )
    client.force_login(world.engineer)
    page = client.get(reverse("project-setup", args=[world.project.pk, "pay"])).content.decode()
    live = json.loads(page.split('id="worst-case" type="application/json">')[1].split("</script>")[0])
    # (3 x 1.1 x 22.20 + 10) x 1.12 = 93.2512, rounded up as in the browser
    assert "USD 93.26" in page.split("data-worst-case-target")[1].split("</output>")[0]
    assert "+ USD 10.00 overhead, with fees and contributions of 12 % on top" in page
    assert live == {
        "ballots": 3, "planned": True, "hourly": "22200000", "premium_permille": 0, "piece": "0",
        "overhead": "10000000", "fees_permille": 120, "currency": "USD", "digits": 2,
    }  # fmt: skip
