"""Keyset pages: stable while rows come in, and as fast at the end of a million rows as at the start.

A cursor names the last row seen by the values it is ordered by, so no page is counted and none is skipped over.
The same pages serve the API and the engineer's pages.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, F, Field, Func, Model, Q, QuerySet, Value

from byhand.rest.errors import BadQuery

USUAL, MOST = 50, 200
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page, and the cursors of its neighbours: None where nothing more lies that way."""

    rows: list[Row]
    next: str | None
    previous: str | None


def paginate(
    queryset: QuerySet[Row], *, ordering: Sequence[str], cursor: str = "", limit: int = USUAL
) -> Page[Row]:
    """Return one page. `ordering` must end in a unique column, and none of its columns may be null.

    Raises BadQuery for a cursor that was made for another order, or not by us.
    """
    place = _read(cursor, queryset.model, ordering) if cursor else None
    backward = place is not None and place.backward
    order = [_turned(name) for name in ordering] if backward else list(ordering)
    found = queryset.order_by(*order)
    if place is not None:
        found = found.filter(_after(queryset.model, order, place.values))
    rows = list(found[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    if backward:
        rows.reverse()
    has_next, has_previous = (True, more) if backward else (more, place is not None)
    return Page(
        rows,
        _write(rows[-1], ordering, False) if rows and has_next else None,
        _write(rows[0], ordering, True) if rows and has_previous else None,
    )


@dataclass(frozen=True)
class _Place:
    values: list[Any]
    backward: bool


def _write(row: Model, ordering: Sequence[str], backward: bool) -> str:
    values = [_plain(_value(row, name.lstrip("-"))) for name in ordering]
    packed = json.dumps([list(ordering), values, backward], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, int | str) else str(value)


def _read(cursor: str, model: type[Model], ordering: Sequence[str]) -> _Place:
    refused = BadQuery("The cursor can't be used here.", ["cursor: take it from `next` or `previous`."])
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        names, values, backward = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if names != list(ordering) or not isinstance(backward, bool) or len(values) != len(names):
            raise refused
        fields = [_field(model, name.lstrip("-")) for name in ordering]
        return _Place([_parsed(field, value) for field, value in zip(fields, values, strict=True)], backward)
    except (ValueError, TypeError, RecursionError, binascii.Error, ValidationError) as error:
        raise refused from error


def _parsed(field: Field[Any, Any], value: Any) -> Any:
    if isinstance(value, bool) != (field.get_internal_type() == "BooleanField"):
        raise ValueError("a boolean in another column's place")
    if not isinstance(value, int | str) or (isinstance(value, str) and "\x00" in value):
        raise ValueError("neither a number nor a text")
    parsed = field.to_python(value)
    if parsed is None or (isinstance(parsed, int) and abs(parsed) > 2**62):
        raise ValueError("no value of this column")
    return parsed


def _field(model: type[Model], path: str) -> Field[Any, Any]:
    """Return the column that `path` (with `__` over relations) names."""
    head, _, rest = path.partition("__")
    try:
        found: Any = model._meta.pk if head == "pk" else model._meta.get_field(head)
    except FieldDoesNotExist as error:
        raise TypeError(f"{model.__name__} can't be ordered by {path}") from error
    if found.is_relation:
        return _field(found.related_model, rest or "pk")
    return found  # type: ignore[no-any-return]


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    return value.pk if isinstance(value, Model) else value


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Any:
    """Return the condition of the rows behind `values` in this order."""
    if len({name.startswith("-") for name in order}) == 1:
        return _rows_compare(model, order, values)
    condition = Q()
    for position, name in enumerate(order):
        same = {other.lstrip("-"): value for other, value in zip(order[:position], values, strict=False)}
        sign = "lt" if name.startswith("-") else "gt"
        condition |= Q(**same, **{f"{name.lstrip('-')}__{sign}": values[position]})
    return condition


def _rows_compare(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Func:
    """Return `ROW(a, b) > ROW(1, 2)`: one range of an index on (a, b), which an OR of conditions is not."""
    names = [name.lstrip("-") for name in order]
    columns = Func(*(F(name) for name in names), function="ROW", output_field=BooleanField())
    given = Func(
        *(Value(value, output_field=_field(model, name)) for name, value in zip(names, values, strict=True)),
        function="ROW",
        output_field=BooleanField(),
    )
    sign = " < " if order[0].startswith("-") else " > "
    return Func(columns, given, template="%(expressions)s", arg_joiner=sign, output_field=BooleanField())
