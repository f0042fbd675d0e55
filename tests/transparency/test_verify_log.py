from __future__ import annotations

from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from wages.transparency import keys, merkle, services
from wages.transparency.canonical import canonical

pytestmark = pytest.mark.usefixtures("rows")


def verify() -> str:
    out = StringIO()
    call_command("verify_log", stdout=out)
    return out.getvalue()


def failure() -> CommandError:
    with pytest.raises(CommandError) as caught:
        verify()
    return caught.value


@pytest.fixture
def log(own_database: str) -> str:
    for number in range(6):
        services.append(kind="n", body={"n": number})
    return own_database


def tamper(database: str, statement: str, *values: object) -> None:
    """Change rows as only a superuser with the triggers off can."""
    at = connections["default"].settings_dict
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"] or None, user="byhand_owner", dbname=database
    ) as owner:
        for table in ("transparency_logleaf", "transparency_checkpoint"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(statement, values)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a foreign key may be waiting to be checked
        for table in ("transparency_logleaf", "transparency_checkpoint"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_whole_log_verifies(log: str) -> None:
    assert verify() == "The log is whole: 6 entries, 6 of them under the newest checkpoint.\n"


def test_an_empty_log_verifies(own_database: str) -> None:
    assert "0 entries" in verify()


def test_a_changed_entry_is_named(log: str) -> None:
    tamper(log, "ALTER TABLE transparency_logleaf DROP CONSTRAINT logleaf_hash_fits")
    tamper(log, "UPDATE transparency_logleaf SET entry = %s WHERE index = 3", canonical({"kind": "n"}))
    error = failure()
    assert error.returncode == 1
    assert "leaf 3: its entry does not have the hash that was stored with it" in str(error)


def test_a_changed_entry_with_its_hash_made_to_fit_is_named(log: str) -> None:
    entry = canonical({"body": {"n": 99}, "kind": "n", "v": 1})
    tamper(
        log,
        "UPDATE transparency_logleaf SET entry = %s, leaf_hash = %s WHERE index = 3",
        entry,
        merkle.leaf_hash(entry),
    )
    assert "leaf 3: the first bad leaf is one of 3 to 3" in str(failure())


def test_a_missing_leaf_is_named(log: str) -> None:
    tamper(log, "DELETE FROM transparency_logleaf WHERE index = 2")
    assert "leaf 3: the index should be 2; a row is missing" in str(failure())


def test_missing_last_leaves_are_seen(log: str) -> None:
    tamper(log, "DELETE FROM transparency_logleaf WHERE index >= 4")
    assert "checkpoint of 5: it was signed over more leaves than the 4 there are" in str(failure())


def test_last_leaves_and_checkpoints_that_vanish_together_are_seen_by_the_kept_file(log: str) -> None:
    tamper(log, "DELETE FROM transparency_checkpoint WHERE size > 4")
    tamper(log, "DELETE FROM transparency_logleaf WHERE index >= 4")
    assert "was signed over 6" in str(failure())


def test_a_forged_checkpoint_is_named(log: str) -> None:
    tamper(
        log, "UPDATE transparency_checkpoint SET note = replace(note, E'\\n4\\n', E'\\n5\\n') WHERE size = 4"
    )
    assert "checkpoint of 4: the signature of" in str(failure())


def test_a_changed_kept_checkpoint_is_seen(log: str, settings: object) -> None:
    path: Path = keys.published_path(settings.LOG_KEY_FILE)  # type: ignore[attr-defined]
    path.write_text(path.read_text().replace("\n6\n", "\n5\n"))
    assert "are not those that" in str(failure())
