"""Signatures as Standard Webhooks has them, and secrets that a copy of the database does not give away."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography.fernet import InvalidToken
from django.utils import timezone

from byhand.webhooks import delivering, signing
from byhand.webhooks.models import Endpoint
from byhand.webhooks.services import rotate_secret
from tests.webhooks.conftest import World


def test_the_published_vector_of_standard_webhooks() -> None:
    given = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert given == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_live_secret_signs() -> None:
    secrets = [signing.new_secret(), signing.new_secret()]
    headers = signing.headers(secrets, "id", 7, b"{}")
    assert headers["webhook-signature"].split(" ") == [
        signing.signature(secret, "id", 7, b"{}") for secret in secrets
    ]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("id", "7")


def test_a_secret_has_256_random_bits() -> None:
    assert {len(base64.b64decode(signing.new_secret().removeprefix("whsec_"))) for _ in range(5)} == {32}


def test_a_kept_secret_can_not_be_read_without_the_key(world: World, settings: object) -> None:
    kept = Endpoint.objects.get().secret
    assert world.secret not in kept
    assert signing.opened(kept) == world.secret
    settings.SECRET_KEY, old = "another key of this site", settings.SECRET_KEY  # type: ignore[attr-defined]
    with pytest.raises(InvalidToken):
        signing.opened(kept)
    settings.SECRET_KEY_FALLBACKS = [old]  # type: ignore[attr-defined]
    assert signing.opened(kept) == world.secret


def test_the_old_secret_signs_for_a_day_after_rotation(world: World) -> None:
    now = timezone.now()
    endpoint, fresh = rotate_secret(actor=world.engineer, endpoint=world.endpoint, at=now)
    assert delivering.live_secrets(endpoint, now + timedelta(hours=23, minutes=59)) == [fresh, world.secret]
    assert delivering.live_secrets(endpoint, now + timedelta(hours=24)) == [fresh]
    assert delivering.live_secrets(world.endpoint, now) == [world.secret]
