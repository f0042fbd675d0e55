"""Bars of a small chart, as numbers for an SVG that the server draws. Pure: knows neither pages nor projects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, BASE, LEFT, RIGHT = 720, 170, 140, 50, 18


@dataclass(frozen=True)
class Bar:
    """`value` None: not shown. `x`, `y`, `width`, `height` in the units of the drawing; y grows downwards."""

    label: str
    value: float | None
    x: float
    y: float
    width: float
    height: float
    labelled: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, str], ...]  # height of a rule, and what it stands for
    width: int = WIDTH
    height: int = HEIGHT
    base: int = BASE
    left: int = LEFT


def bar_chart(rows: Sequence[tuple[str, float | None]], *, most_labels: int = 8) -> Chart:
    """Return the chart of (label, value) rows, left to right; the scale begins at zero and ends at a round number."""
    top = round_up(max((value for _, value in rows if value is not None), default=0.0))
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    every = max(math.ceil(len(rows) / most_labels), 1)
    bars = []
    for place, (label, value) in enumerate(rows):
        height = 0.0 if value is None else value / top * (BASE - 10)
        bars.append(
            Bar(
                label, value, round(LEFT + place * step + step * 0.12, 1), round(BASE - height, 1),
                round(step * 0.76, 1), round(height, 1), (len(rows) - 1 - place) % every == 0,
            )
        )  # fmt: skip
    lines = tuple((round(BASE - share * (BASE - 10), 1), _said(top * share)) for share in (0.0, 0.5, 1.0))
    return Chart(tuple(bars), lines)


def round_up(value: float) -> float:
    """Return the next of 1, 2, 4, 5, 10, 20 ... that `value` does not exceed."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 4, 5, 10) if value <= power * step * (1 + 1e-9))


def _said(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"
