"""Embedded PostgreSQL: find the binaries, start, stop."""


def ensure_running() -> None:
    """Placeholder until the supervisor lands."""
