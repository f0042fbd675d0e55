"""`manage.py` from its arguments on: what the surroundings lack is one line with its remedy, not a traceback."""

from __future__ import annotations

import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from byhand.env import BadSetting

EXIT_CANNOT_START = 2


def run(arguments: list[str]) -> None:
    """Run a command. `--traceback` shows where a failure came from, as in every Django command."""
    try:
        execute_from_command_line(arguments)
    except (BadSetting, OperationalError) as error:
        remedy = str(error) if isinstance(error, BadSetting) else _unreachable()
        if not remedy or "--traceback" in arguments:
            raise
        sys.stderr.write(f"{remedy}\n")
        sys.exit(EXIT_CANNOT_START)


def _unreachable() -> str:
    """Return why no database answers, or nothing where one does and the fault lies elsewhere."""
    from byhand.embedded import reach  # settings must be readable first
    from byhand.embedded.process import CannotStart

    try:
        reach.require_database()
    except CannotStart as error:
        return str(error)
    return ""
