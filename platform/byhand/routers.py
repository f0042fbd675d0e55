"""Keeps ordinary queries on the app role: `owner` is used only where code names it."""

from __future__ import annotations

from typing import Any


class AppRoleOnly:
    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True
