"""A process that dies between two statements, as a test can have it: the n-th statement is never sent.

Savepoints are not counted: a transaction of the code is one here, and a crash rolls back what it covers, as the
end of a connection does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")
_NOT_COUNTED = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


class Crash(BaseException):
    """No `except Exception` of the code may live on after it."""


@contextmanager
def crash_before(number: int) -> Iterator[None]:
    """Raise Crash in the place of the statement with this number, counted from 0."""
    sent = 0

    def count(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        nonlocal sent
        if str(sql).startswith(_NOT_COUNTED):
            return execute(sql, *arguments)
        if sent == number:
            raise Crash
        sent += 1
        return execute(sql, *arguments)

    with connection.execute_wrapper(count):
        yield


def crashing(act: Callable[[], T], number: int | None) -> T:
    """Do the act once with a crash before the statement `number` (None: without), and again if it came to that."""
    if number is not None:
        try:
            with crash_before(number):
                return act()
        except Crash:
            pass
    return act()
