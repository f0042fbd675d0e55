"""How a command that serves until it is told to stop learns that it is time."""

from __future__ import annotations

import signal
import time


class Ending:
    """Ctrl-C, SIGTERM and SIGHUP: the first breaks off a start or ends the wait, later ones do nothing."""

    def __init__(self) -> None:
        self._asked = False
        self._waiting = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        first, self._asked = not self._asked, True
        if first and not self._waiting:
            raise KeyboardInterrupt

    def wait(self) -> None:
        self._waiting = True
        while not self._asked:
            time.sleep(0.2)
