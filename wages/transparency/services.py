"""Writes of the log: append an entry, sign the tree. Every write holds the log's advisory lock.

`append` runs in the caller's transaction, so an act and its entry stand or fall together; the lock is held
until that transaction ends, so append last. Signing happens after the commit: what could still be rolled
back is never signed.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from byhand.errors import DomainError
from wages.transparency import keys, merkle, notes
from wages.transparency.canonical import canonical
from wages.transparency.errors import EntryTooLarge, LogRefuses
from wages.transparency.models import Checkpoint, LogLeaf

LOCK = 0x62796C6F67  # "bylog": one number for the whole platform
LARGEST_ENTRY = 65_535  # C2SP entry bundles carry a 16-bit length

logger = logging.getLogger(__name__)


def append(*, kind: str, body: dict[str, Any]) -> LogLeaf:
    """Append one entry in the caller's transaction and sign the new tree once that has committed.

    The entry is the canonical JSON of {"body", "kind", "v"}. Never put personal data in it.
    """
    entry = canonical({"body": body, "kind": kind, "v": 1})
    if len(entry) > LARGEST_ENTRY:
        raise EntryTooLarge(
            f"A log entry holds at most {LARGEST_ENTRY} bytes; this one has {len(entry)}. Log a hash."
        )
    with transaction.atomic():
        lock_log()
        last = LogLeaf.objects.order_by("-index").values_list("index", flat=True).first()
        leaf = LogLeaf.objects.create(
            index=0 if last is None else last + 1, kind=kind, entry=entry, leaf_hash=merkle.leaf_hash(entry)
        )
        transaction.on_commit(_sign_after_commit)
    return leaf


def checkpoint() -> str:
    """Return the signed note of the tree as it stands, signing it if nobody has; never inside a transaction.

    Raises LogRefuses if the rows do not begin with the last published checkpoint.
    """
    with transaction.atomic(durable=True):
        lock_log()
        hashes = leaf_hashes()
        if not hashes:
            raise LogRefuses("The log is empty: there is nothing to sign yet.")
        signed = Checkpoint.objects.order_by("-size").first()
        require_prefix(hashes)
        if signed is not None and signed.size == len(hashes):
            return signed.note
        return _sign(hashes).note


def require_signable() -> None:
    """Raise LogRefuses now rather than after the commit, if the rows contradict what was published."""
    require_prefix(leaf_hashes())


def require_prefix(hashes: list[bytes]) -> None:
    """Check every promise we hold, the file beside the key and the newest row, against the rows."""
    promises = []
    kept = keys.published_path(settings.LOG_KEY_FILE)
    if kept.exists():
        promises.append((str(kept), notes.parse_tree(kept.read_text().partition("\n\n")[0] + "\n")))
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is not None:
        promises.append(("the newest checkpoint row", notes.Tree("", newest.size, bytes(newest.root))))
    for where, tree in promises:
        if tree.size > len(hashes):
            raise LogRefuses(
                f"The log has {len(hashes)} entries, but {where} was signed over {tree.size}. Rows that were "
                "published are gone: restore a newer backup. The log signs nothing until they are back."
            )
        if merkle.root(hashes[: tree.size]) != tree.root:
            raise LogRefuses(f"The first {tree.size} entries are not those that {where} was signed over.")


def leaf_hashes() -> list[bytes]:
    return [bytes(digest) for digest in LogLeaf.objects.order_by("index").values_list("leaf_hash", flat=True)]


def _sign(hashes: list[bytes]) -> Checkpoint:
    key = keys.signing_key(settings.LOG_KEY_FILE)
    tree = notes.Tree(origin=settings.LOG_ORIGIN, size=len(hashes), root=merkle.root(hashes))
    note = notes.sign(tree.text(), tree.origin, key)
    # The file first: its leaves are committed, so it may run ahead of the row, but never behind what was
    # served.
    keys.write_whole(keys.published_path(settings.LOG_KEY_FILE), note.encode())
    verifier = notes.verifier_key(tree.origin, key.public_key())
    return Checkpoint.objects.create(size=tree.size, root=tree.root, note=note, verifier=verifier)


def _sign_after_commit() -> None:
    """Sign what was just committed. A refusal must not undo or hide the act that has committed."""
    try:
        checkpoint()
    except (DomainError, OSError):
        logger.exception("the log could not be signed; its entries are safe, run verify_log")


def lock_log() -> None:
    """Hold the log still until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
