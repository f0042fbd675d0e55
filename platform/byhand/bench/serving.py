"""The client's side of the orders: reads them line by line, answers each with one line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Answer = dict[str, list[float]]  # milliseconds of each request, by what was asked


def serve(ready: Callable[[dict[str, Any]], Mapping[str, Callable[[int], Answer]]]) -> None:
    """Get ready from the first line, then carry out each further one until the input ends."""
    acts: Mapping[str, Callable[[int], Answer]] = {}
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if not acts:
                acts = ready(order)
                _answer({"ready": True})
                continue
            began = time.monotonic()
            took = acts[order["act"]](order["count"])
            _answer({"ms": took, "began": began, "ended": time.monotonic()})
        except Exception as error:
            _answer({"error": f"{type(error).__name__}: {error}"})
            raise


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
