#!/usr/bin/env python3
"""Django's command line. `platform/` is a source root, so its path is put first by hand."""

import os
import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byhand.settings")
    from byhand.commandline import run

    run(sys.argv)


if __name__ == "__main__":
    main()
