"""Asking for a copy, making it as a job, fetching it; each is one's own, and audited by ids."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import verify_report
from byhand.accounts.models import User
from byhand.audit.models import AuditEvent
from byhand.errors import NotFound
from byhand.jobs import worker
from byhand.rights import services
from byhand.rights.errors import BundleGone, NotYet
from byhand.rights.models import Bundle
from tests.people import prove_again
from tests.rights.world import closed_world, signed
from tests.wages.factories import make_user


@pytest.fixture
def made(own_database: str) -> Bundle:
    shop, _other, _period = closed_world()
    signed()
    row = services.begin_bundle(user=shop.worker)
    assert services.begin_bundle(user=shop.worker) == row
    assert worker.run(row.job_id) == "succeeded"
    row.refresh_from_db()
    return row


def test_somebody_elses_copy_does_not_exist(db: None) -> None:
    one, two = make_user(), make_user()
    row = services.begin_bundle(user=one)
    with pytest.raises(NotFound):
        services.fetch_bundle(user=two, bundle_id=row.pk)
    with pytest.raises(NotYet):
        services.fetch_bundle(user=one, bundle_id=row.pk)
    assert AuditEvent.objects.filter(action="rights.bundle_fetched").count() == 0


def test_a_copy_is_made_by_a_job_from_one_moment_and_verifies(made: Bundle) -> None:
    path = services.bundle_path(made)
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.size == path.stat().st_size
    assert verify_report.verify_bundle(path).startswith("OK: ")
    with zipfile.ZipFile(path) as packed:
        assert packed.read("manifest.sha256").decode().startswith(made.manifest_sha256)
    acts = AuditEvent.objects.filter(subject=f"bundle:{made.pk}").order_by("id")
    assert [act.action for act in acts] == ["rights.bundle_asked", "rights.bundle_made"]


def test_the_page_gives_it_after_a_fresh_proof_only_and_for_seven_days(made: Bundle) -> None:
    made.user.set_password("who has one is asked for it again")
    made.user.save()
    client = Client()
    client.force_login(made.user)
    address = f"/my-data/copy/{made.pk}/"
    assert client.get(address).status_code == 405
    first = client.post(address)
    assert first.status_code == 302
    assert "/reauthenticate/" in first["Location"]
    prove_again(client, made.user)
    answer = client.post(address)
    assert answer["Content-Type"] == "application/zip"
    assert answer.getvalue() == services.bundle_path(made).read_bytes()
    assert "my-data.zip" in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(action="rights.bundle_fetched", actor_id=made.user_id).count() == 1

    later = timezone.now() + timedelta(days=7, seconds=1)
    with pytest.raises(BundleGone):
        services.fetch_bundle(user=made.user, bundle_id=made.pk, at=later)
    assert services.sweep_bundles(at=later) == 1
    assert services.sweep_bundles(at=later) == 0
    assert list(Path(settings.BUNDLE_ROOT).iterdir()) == []


def test_others_get_nothing_even_after_a_fresh_proof(made: Bundle) -> None:
    stranger = User.objects.create(email="stranger@example.org", password="!")
    client = Client()
    client.force_login(stranger)
    prove_again(client, stranger)
    assert client.post(f"/my-data/copy/{made.pk}/").status_code == 404
