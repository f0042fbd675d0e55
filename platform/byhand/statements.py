"""SQL that runs many times a second: bound by the server and prepared, so that PostgreSQL plans it once a connection.

Django's own cursors write the values into the text, which makes every execution a new statement: planning the
ranking cycle took as long as running it. Use this for the few statements that every request passes. Each text
must be one constant, and a value whose type can't be seen from its place needs a cast in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

M = TypeVar("M", bound=Model)
Values = Mapping[str, Any] | Sequence[Any]


def fetch_one(statement: str, values: Values) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, or None."""
    with _cursor() as cursor:
        _run(cursor, statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def fetch_all(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows."""
    with _cursor() as cursor:
        _run(cursor, statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def execute(statement: str, values: Values) -> int:
    """Run a statement that gives no rows; return how many rows it changed."""
    with _cursor() as cursor:
        _run(cursor, statement, values)
        return int(cursor.rowcount)


class Reading(Generic[M]):
    """Makes instances of a model from rows of a statement that selects its `columns`."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.fields = list(model._meta.concrete_fields)
        self.names = [field.attname for field in self.fields]

    def columns(self, table: str) -> str:
        """Return the columns to select, in the order in which `instance` reads them."""
        return ", ".join(f"{table}.{field.column}" for field in self.fields)

    def instance(self, row: Sequence[Any]) -> M:
        values = [
            field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
            for field, value in zip(self.fields, row, strict=True)
        ]
        return self.model.from_db("default", self.names, values)


@contextmanager
def _cursor() -> Iterator[CursorWrapper]:
    """Yield a cursor of Django's connection that binds on the server; errors and logged queries stay Django's."""
    with connection.cursor() as made:  # opens the connection and checks its health where that is due
        made.cursor.close()
        made.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
        yield made


def _run(cursor: CursorWrapper, statement: str, values: Values) -> None:
    cursor.execute(statement, values)
    # psycopg does not keep the text of a statement that is prepared already; the log of queries should have it
    if connection.queries_logged and connection.queries_log and connection.queries_log[-1]["sql"] is None:
        connection.queries_log[-1]["sql"] = statement
