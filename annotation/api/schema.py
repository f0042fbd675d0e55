"""`extend_schema` of drf-spectacular, which has no types, with the type that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from drf_spectacular.utils import extend_schema

View = TypeVar("View", bound=Callable[..., Any])


def describe(**options: Any) -> Callable[[View], View]:
    """Say in the OpenAPI document what a view takes and gives."""
    return cast(Callable[[View], View], extend_schema(**options))
