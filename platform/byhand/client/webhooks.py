"""For the receiving side: checks that a delivery is Byhand's, whole and fresh. Standard library only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, cast

TOLERANCE_SECONDS = 300


class BadSignature(Exception):
    """The delivery is not signed with this secret, was changed, or is old. Answer 400 and do nothing."""


def verify(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> dict[str, Any]:
    """Return the event of a delivery: `type`, `timestamp`, `data`. Raises BadSignature.

    The same `webhook-id` may come more than once; keep the ids that you have handled.
    """
    given = {name.lower(): value for name, value in headers.items()}
    stamp = given.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()):
        raise BadSignature("no timestamp")
    if abs((time.time() if now is None else now) - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature("too old, or from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{given.get('webhook-id', '')}.{stamp}.".encode() + body
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    parts = [one.partition(",") for one in given.get("webhook-signature", "").split()]
    matches = [hmac.compare_digest(value.encode(), right) for version, _, value in parts if version == "v1"]
    if not any(matches):
        raise BadSignature("no signature fits")
    return cast(dict[str, Any], json.loads(body))
