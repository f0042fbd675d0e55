"""Every table of pay is append-only, or guarded, or named here as one that may change, with the reason."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

MAY_CHANGE = {
    "wages_workerclock": "the running stretch: it becomes an interval when it is closed",
    "wages_draftleaf": "leaves of a close in progress, deleted when they become the slice",
}
MAY_GO = {
    "wages_leafname": "which leaves are whose: erasure and the end of the legal term delete it",
    "wages_casewords": "what somebody wrote in a case: the event stays with a salted hash",
    "wages_settlementevidence": "the bytes of a settlement file, which may name people: its row and hash stay",
    "wages_payoutidentity": "where pay is sent: erased with the person, the account's row stays",
    "wages_beat": "raw beats go 90 days after settlement; a row never changes",
}
_GUARDS = """
SELECT relation.relname, proc.proname, (trigger.tgtype & 8) <> 0, (trigger.tgtype & 16) <> 0,
       (trigger.tgtype & 32) <> 0
FROM pg_trigger trigger JOIN pg_class relation ON relation.oid = trigger.tgrelid
JOIN pg_proc proc ON proc.oid = trigger.tgfoid
WHERE NOT trigger.tgisinternal AND (trigger.tgtype & 2) <> 0 AND relation.relname LIKE 'wages\\_%'
"""


def tables() -> list[str]:
    return sorted(model._meta.db_table for model in apps.get_app_config("wages").get_models())


def refused() -> dict[str, set[str]]:
    """Return what the triggers that run before an act refuse or check, by table."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS)
        for table, _function, delete, update, truncate in cursor.fetchall():
            acts = {"DELETE": delete, "UPDATE": update, "TRUNCATE": truncate}
            found.setdefault(table, set()).update(name for name, held in acts.items() if held)
    return found


@pytest.mark.django_db
def test_every_table_is_guarded_or_named_with_a_reason() -> None:
    guards = refused()
    unguarded = [
        table
        for table in tables()
        if table not in MAY_CHANGE
        and not (
            guards.get(table, set()) >= ({"UPDATE"} if table in MAY_GO else {"UPDATE", "DELETE", "TRUNCATE"})
        )
    ]
    assert unguarded == []


@pytest.mark.django_db
def test_what_may_change_or_go_is_a_table_of_today() -> None:
    assert set(MAY_CHANGE) | set(MAY_GO) <= set(tables())


@pytest.mark.django_db
def test_the_app_role_owns_no_table_of_pay() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'wages\\_%' AND tableowner = current_user"
        )
        assert cursor.fetchall() == []
