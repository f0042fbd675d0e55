"""Signatures in the manner of Standard Webhooks (https://www.standardwebhooks.com), and secrets at rest.

`webhook-signature` is "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body"; while a secret is replaced,
one signature of each, with a space between. A receiver compares in constant time and refuses old timestamps.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(live: list[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery, signed with every live secret."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in live),
    }


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(b"byhand webhooks " + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def sealed(secret: str) -> str:
    """Return the secret as it is kept: a copy of the database alone signs nothing."""
    return _cipher().encrypt(secret.encode()).decode()


def opened(kept: str) -> str:
    return _cipher().decrypt(kept.encode()).decode()
