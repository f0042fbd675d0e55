"""What each package holds of a person: how it is given to them, and how it goes. Filled by each app's `personal.py`.

No package reads another's tables for this. A field that points to a person is exported or left out with a reason;
a test compares both lists with the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Model, QuerySet

from byhand.accounts.models import User
from byhand.rights.rows import json_lines

CHUNK = 2000


@dataclass(frozen=True)
class File:
    """One file of a person's bundle; `chunks` are written as they come and are never held together."""

    name: str
    chunks: Iterable[bytes]


@dataclass(frozen=True)
class Stay:
    """Something that erasure leaves: what, why, and until when; None: for as long as it is published."""

    what: str
    why: str
    until: date | None


Exporter = Callable[[User], Iterable[File]]
Eraser = Callable[[User, datetime], Mapping[str, int]]

_exporters: dict[str, Exporter] = {}
_erasers: list[tuple[int, str, Eraser]] = []
_keepers: dict[str, Callable[[User], Iterable[Stay]]] = {}
_warners: dict[str, Callable[[User], Iterable[str]]] = {}
_exported: set[str] = set()
_left_out: dict[str, str] = {}


def exports(*fields: str) -> Callable[[Exporter], Exporter]:
    """Register a function that yields files; `fields` are the pointers to a person ("app.Model.field") it covers."""

    def register(function: Exporter) -> Exporter:
        _exporters[f"{function.__module__}.{function.__qualname__}"] = function
        _exported.update(fields)
        return function

    return register


def own_columns(model: type[Model], *hidden: str) -> tuple[str, ...]:
    """Return every column of a table but those that point to people, who may be others, and the `hidden` ones."""
    return tuple(
        field.attname
        for field in model._meta.concrete_fields
        if field.related_model is not User and field.attname not in hidden
    )


def table(
    name: str, model: type[Model], owner: str, fields: tuple[str, ...] = (), *, order: str = "pk"
) -> None:
    """Register the rows of `model` whose `owner` is the person as one file. No `fields`: all of `own_columns`."""
    columns = fields or own_columns(model)

    def rows(user: User) -> Iterator[Mapping[str, Any]]:
        found: QuerySet[Model] = model._base_manager.filter(**{owner: user}).order_by(order)
        return found.values(*columns).iterator(chunk_size=CHUNK)

    _exporters[name] = lambda user: [File(name, json_lines(rows(user)))]
    if "__" not in owner:
        _exported.add(f"{model._meta.label}.{owner}")


def left_out(reason: str, *fields: str) -> None:
    """Name pointers to a person that the bundle does not follow, and why."""
    _left_out.update(dict.fromkeys(fields, reason))


def erases(order: int) -> Callable[[Eraser], Eraser]:
    """Register a function that erases what a package holds and returns how many rows of what went.

    Lower orders run first. It runs in a transaction of its own and may run again after a crash.
    """

    def register(function: Eraser) -> Eraser:
        name = f"{function.__module__}.{function.__qualname__}"
        if name not in {known for _order, known, _eraser in _erasers}:
            _erasers.append((order, name, function))
            _erasers.sort(key=lambda entry: entry[:2])
        return function

    return register


def keeps(function: Callable[[User], Iterable[Stay]]) -> Callable[[User], Iterable[Stay]]:
    """Register what a package keeps of an erased person, as the page says it to them."""
    _keepers[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def warns(function: Callable[[User], Iterable[str]]) -> Callable[[User], Iterable[str]]:
    """Register what a person should know before they ask for erasure; nothing here refuses it."""
    _warners[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def stays(user: User) -> list[Stay]:
    return [stay for name in sorted(_keepers) for stay in _keepers[name](user)]


def warnings(user: User) -> list[str]:
    return [words for name in sorted(_warners) for words in _warners[name](user)]


def files_of(user: User) -> Iterator[File]:
    """Yield every file of the person's bundle, each package's own."""
    for name in sorted(_exporters):
        yield from _exporters[name](user)


def erasers() -> list[tuple[str, Eraser]]:
    return [(name, eraser) for _order, name, eraser in _erasers]


def exported() -> set[str]:
    return set(_exported)


def not_exported() -> dict[str, str]:
    return dict(_left_out)
