"""The hash of the floor tables goes into the transparency log whenever they have changed."""

from __future__ import annotations

import json

from django.db import transaction

from wages.floors.weeks import tables
from wages.transparency import services as log
from wages.transparency.models import LogLeaf

KIND = "floors"


@transaction.atomic
def log_floor_tables() -> LogLeaf | None:
    """Log the SHA-256 of each table unless the newest entry of its kind says the same; None: nothing new.

    Holds the log's lock until the caller's transaction ends, so call it late. Raises BadTable.
    """
    hashes = dict(tables().sha256)
    log.lock_log()
    newest = LogLeaf.objects.filter(kind=KIND).order_by("-index").first()
    if newest is not None and json.loads(bytes(newest.entry))["body"] == {"sha256": hashes}:
        return None
    return log.append(kind=KIND, body={"sha256": hashes})
