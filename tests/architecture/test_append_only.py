"""The app role can't change an append-only table, and the triggers refuse even the owner."""

import pytest
from django.db import DatabaseError, connections, transaction

from byhand.audit import services
from byhand.audit.models import AuditEvent

STATEMENTS = (
    "UPDATE audit_auditevent SET action = 'x'",
    "DELETE FROM audit_auditevent",
    "TRUNCATE audit_auditevent",
)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_app_role_may_not_change_the_audit_record(statement: str) -> None:
    services.record(actor_id=None, action="test", subject="test:1")
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.filter(action="test").count() == 1


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_triggers_refuse_the_owner_too(own_database: str, statement: str) -> None:
    services.record(actor_id=None, action="test", subject="test:1")
    with pytest.raises(DatabaseError, match="append-only"), connections["owner"].cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.filter(action="test").count() == 1


def test_the_app_role_is_no_member_of_the_owner(own_database: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'byhand_owner', 'MEMBER')")
        assert cursor.fetchone() == (False,)
