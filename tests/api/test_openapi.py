"""The OpenAPI document: complete without a warning, committed as it is generated, served to signed-in users."""

from __future__ import annotations

import re
from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver

from byhand.accounts.models import User
from byhand.embedded.paths import ROOT
from tests.api.test_url_walk import routes

SNAPSHOT = ROOT / "docs" / "api" / "openapi.yaml"
RENEW = "python manage.py spectacular --validate --fail-on-warn --file docs/api/openapi.yaml"


def generated() -> str:
    """Generate the document as the command does; a warning or an invalid document raises."""
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return out.getvalue()


def test_the_committed_snapshot_is_what_is_generated() -> None:
    stored = SNAPSHOT.read_text(encoding="utf-8")
    assert generated().strip() == stored.strip(), f"The API changed. Look at the change, then run: {RENEW}"


def test_every_api_address_is_in_the_document() -> None:
    known = set(yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8"))["paths"])
    served = {
        "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        for name, route in routes(get_resolver().url_patterns)
        if route.startswith("api/v1/") and name != "api-schema"
    }
    assert served
    assert known == served


def test_a_ranking_is_described_as_lists_of_indexes() -> None:
    answer = yaml.safe_load(generated())["components"]["schemas"]["SubmitIn"]["properties"]
    index = {"type": "integer", "minimum": 0}
    assert answer["groups"]["items"] == {"type": "array", "items": index}
    assert answer["unacceptable"]["items"] == index


@pytest.mark.django_db
def test_a_signed_in_user_gets_the_document() -> None:
    client = Client()
    client.force_login(User.objects.create(email="reader@example.org", password="!"))
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 200
    served, stored = yaml.safe_load(answer.content), yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8"))
    assert served == stored


@pytest.mark.django_db
def test_a_stranger_is_refused_the_document() -> None:
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert b"openapi" not in answer.content
