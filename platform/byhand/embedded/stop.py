"""`python -m byhand.embedded.stop`: stop the embedded broker and database that tests left running."""

from __future__ import annotations

import sys

from byhand.embedded import postgres, valkey
from byhand.embedded.process import CannotStart


def main() -> int:
    try:
        broker, database = valkey.stop(), postgres.stop()
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"broker {_was(broker)}, database {_was(database)}\n")
    return 0


def _was(running: bool) -> str:
    return "stopped" if running else "was not running"


if __name__ == "__main__":
    sys.exit(main())
