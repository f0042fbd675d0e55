"""Which function does which kind of job. Filled by each app's `job_handlers.py` when Django starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from byhand.jobs.errors import NoHandler

if TYPE_CHECKING:
    from byhand.jobs.worker import JobContext

Handler = Callable[["JobContext"], dict[str, Any]]
_handlers: dict[str, Handler] = {}


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for jobs of `kind`. It returns the job's result, as JSON."""

    def register(function: Handler) -> Handler:
        known = _handlers.get(kind)
        if known is not None and known.__qualname__ != function.__qualname__:
            raise ValueError(
                f"job kind {kind!r} has two handlers: {known.__qualname__} and {function.__qualname__}"
            )
        _handlers[kind] = function
        return function

    return register


def find(kind: str) -> Handler:
    """Return the handler of a kind; NoHandler when no installed app has one."""
    try:
        return _handlers[kind]
    except KeyError:
        raise NoHandler(f"No installed app has a handler for jobs of kind {kind!r}.") from None
