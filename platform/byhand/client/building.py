"""Builds dataclasses from JSON by their annotations. Pure."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

Made = TypeVar("Made")


def build(kind: type[Made], data: Mapping[str, Any]) -> Made:
    """Return the dataclass `kind` from its JSON object. Raises KeyError where a field without default is missing."""
    values = {}
    known: Any = kind  # a class is hashable, which its type does not say
    for name, (hint, required) in _fields(known).items():
        if name in data or required:
            values[name] = _value(hint, data[name])
    return kind(**values)


@lru_cache(maxsize=64)
def _fields(kind: type[Any]) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
    }


def _value(hint: Any, raw: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if raw is None else _value(next(one for one in inner if one is not type(None)), raw)
    if origin is tuple:
        return tuple(_value(inner[0], one) for one in raw)
    if origin is dict:
        return {key: _value(inner[1], one) for key, one in raw.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return build(hint, raw)
    if hint is Any:
        return raw
    return _PLAIN[hint](raw)


_PLAIN: dict[Any, Any] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    int: int,
    str: str,
    bool: bool,
    float: float,
}
