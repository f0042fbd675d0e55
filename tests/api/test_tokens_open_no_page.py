"""A token is for the API alone: every page treats it as a stranger, and no scope makes tokens, invites or pays."""

from __future__ import annotations

import pytest
from django.test import Client

from byhand.accounts.models import ApiToken, Invitation
from byhand.accounts.scopes import SCOPES
from byhand.accounts.services import create_token
from tests.api.conftest import World
from tests.api.test_url_walk import addresses, digest_of_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def headers(world: World) -> dict[str, str]:
    steward = world.people["steward"]
    assert steward is not None
    _, secret = create_token(actor=steward, name="everything", scopes=list(SCOPES))
    return {"Authorization": f"Bearer {secret}"}


def test_no_page_knows_a_token(world: World, headers: dict[str, str]) -> None:
    stranger, program = (
        Client(raise_request_exception=False),
        Client(headers=headers, raise_request_exception=False),
    )
    pages = [(name, path) for name, path in addresses(world) if not path.startswith("/api/")]
    assert len(pages) > 80
    for name, path in pages:
        assert program.get(path).status_code == stranger.get(path).status_code, name


def test_no_act_of_a_page_is_done_for_a_token(world: World, headers: dict[str, str]) -> None:
    program = Client(headers=headers, raise_request_exception=False)
    before = digest_of_rows()
    tokens, invitations = ApiToken.objects.count(), Invitation.objects.count()
    for path in ("/profile/tokens/", "/pay/", f"/projects/{world.parts['project_id']}/invite/"):
        answer = program.post(path, {"name": "more", "scopes": ["work"], "days": 5, "email": ""})
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"), path
    assert digest_of_rows() == before
    assert (ApiToken.objects.count(), Invitation.objects.count()) == (tokens, invitations)


def test_a_steward_s_token_is_no_engineer_s(world: World, headers: dict[str, str]) -> None:
    program = Client(headers=headers)
    assert program.get("/api/v1/projects/").json()["results"] == []
    assert program.get(f"/api/v1/projects/{world.parts['project_id']}/").status_code == 404
