from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.db import connection, transaction

from wages.transparency import keys, merkle, notes, selectors, services
from wages.transparency.errors import LogRefuses, NotInLog
from wages.transparency.models import Checkpoint

pytestmark = pytest.mark.usefixtures("rows")


@pytest.fixture
def key_file(settings: object) -> Path:
    return settings.LOG_KEY_FILE  # type: ignore[attr-defined, no-any-return]


def test_an_append_is_signed_once_it_has_committed(own_database: str, key_file: Path) -> None:
    with transaction.atomic():
        services.append(kind="a", body={})
        services.append(kind="b", body={})
        assert not Checkpoint.objects.exists()
        assert not key_file.exists()
    row = Checkpoint.objects.get()
    tree = notes.parse_tree(notes.open_note(row.note, row.verifier))
    assert (tree.size, tree.root) == (2, merkle.root(services.leaf_hashes()))
    assert keys.published_path(key_file).read_text() == row.note


def test_an_append_that_rolls_back_is_never_signed(own_database: str, key_file: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.append(kind="a", body={})
        raise ZeroDivisionError
    assert not Checkpoint.objects.exists()
    assert not key_file.exists()


def test_signing_inside_a_transaction_is_refused(own_database: str) -> None:
    services.append(kind="a", body={})
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.checkpoint()


def test_the_same_tree_is_signed_once() -> None:
    services.append(kind="a", body={})
    assert services.checkpoint() == services.checkpoint()
    assert Checkpoint.objects.count() == 1


def test_the_key_file_and_the_kept_checkpoint_are_for_the_owner_alone(key_file: Path) -> None:
    services.append(kind="a", body={})
    services.checkpoint()
    for path in (key_file, keys.published_path(key_file)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_log_signs_nothing_and_makes_no_key(key_file: Path) -> None:
    with pytest.raises(LogRefuses, match="empty"):
        services.checkpoint()
    assert not key_file.exists()


def test_every_checkpoint_begins_with_every_older_one() -> None:
    for number in range(9):
        services.append(kind="n", body={"n": number})
        services.checkpoint()
    hashes, rows = services.leaf_hashes(), list(Checkpoint.objects.order_by("size"))
    assert [row.size for row in rows] == list(range(1, 10))
    for new in rows:
        for old in rows[: new.size]:
            path = merkle.consistency_proof(hashes[: new.size], old.size)
            assert merkle.verify_consistency(old.size, bytes(old.root), new.size, bytes(new.root), path)


def test_after_a_restore_that_lost_published_rows_nothing_is_signed(key_file: Path) -> None:
    """The file beside the key remembers what the database forgot."""
    before = transaction.savepoint()
    for number in range(3):
        services.append(kind="n", body={"n": number})
    services.checkpoint()
    kept = keys.published_path(key_file).read_bytes()
    transaction.savepoint_rollback(before)
    services.append(kind="n", body={"n": 0})
    with pytest.raises(LogRefuses, match="restore a newer backup"):
        services.checkpoint()
    with pytest.raises(LogRefuses):
        services.require_signable()
    assert not Checkpoint.objects.exists()
    assert keys.published_path(key_file).read_bytes() == kept


def test_other_rows_than_the_published_ones_are_never_signed(key_file: Path) -> None:
    before = transaction.savepoint()
    services.append(kind="true", body={})
    services.checkpoint()
    transaction.savepoint_rollback(before)
    services.append(kind="forged", body={})
    services.append(kind="more", body={})
    with pytest.raises(LogRefuses, match="not those"):
        services.checkpoint()
    assert not Checkpoint.objects.exists()


def test_the_lost_rows_put_back_are_signed_again(key_file: Path) -> None:
    before = transaction.savepoint()
    services.append(kind="n", body={"n": 0})
    note = services.checkpoint()
    transaction.savepoint_rollback(before)
    services.append(kind="n", body={"n": 0})
    assert services.checkpoint() == note  # Ed25519 is deterministic: the same tree, the same note


def test_a_lost_key_is_not_replaced_in_silence(key_file: Path) -> None:
    services.append(kind="a", body={})
    services.checkpoint()
    key_file.unlink()
    services.append(kind="b", body={})
    with pytest.raises(LogRefuses, match="Put the key back"):
        services.checkpoint()
    assert not key_file.exists()
    assert Checkpoint.objects.count() == 1


def test_a_refusal_to_sign_does_not_undo_the_act_that_appended(own_database: str, key_file: Path) -> None:
    services.append(kind="a", body={})
    key_file.unlink()
    services.append(kind="b", body={})
    assert len(services.leaf_hashes()) == 2
    assert selectors.signed_size() == 1


def test_a_checkpoint_row_never_changes(own_database: str) -> None:
    services.append(kind="a", body={})
    with pytest.raises(Exception, match=r"append-only|permission denied"):
        Checkpoint.objects.update(note="x")
    with connection.cursor() as cursor, pytest.raises(Exception, match=r"append-only|permission denied"):
        cursor.execute("DELETE FROM transparency_checkpoint")
    assert Checkpoint.objects.count() == 1


def test_a_proof_leads_from_the_entry_to_the_signed_root() -> None:
    for number in range(5):
        services.append(kind="n", body={"n": number})
    services.checkpoint()
    for index in range(5):
        proof = selectors.proof(index)
        tree = notes.parse_tree(notes.open_note(proof.checkpoint, proof.verifier))
        leaf = merkle.leaf_hash(proof.entry)
        assert merkle.root_from_inclusion(leaf, index, tree.size, proof.hashes) == tree.root


def test_a_leaf_that_is_not_signed_yet_has_no_proof() -> None:
    services.append(kind="a", body={})
    with pytest.raises(NotInLog):
        selectors.proof(0)
