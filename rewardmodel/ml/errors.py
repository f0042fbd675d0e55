"""Refusals of the machine-learning code. It owns no text for people's pages and knows no Django.

A `StageError` is bad input that a person can put right: its message says what to change. Anything else
that escapes a stage is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence


class StageError(Exception):
    """Bad input. `code` is stable; `problems` lists every single thing that has to change."""

    def __init__(self, code: str, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.problems = list(problems)


class ManifestError(StageError):
    """A model folder that may not be loaded."""


class GuardStop(StageError):
    """PPO was stopped by one of its guards; the message names the guard, the figure and the limit."""


class Cancelled(Exception):
    """The run was asked to stop and reached a safe point."""
