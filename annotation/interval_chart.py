"""An estimate with its interval as numbers for an SVG that the server draws. Pure: knows neither pages nor projects."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, LEFT, RIGHT, MIDDLE, HEIGHT = 400, 14, 386, 18, 48


@dataclass(frozen=True)
class IntervalChart:
    """Positions along the scale. `low` and `high` None: no interval is known. `null`: where nothing would lie."""

    point: float
    low: float | None
    high: float | None
    null: float | None
    marks: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    middle: int = MIDDLE


def interval_chart(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    scale: tuple[float, float],
    null: float | None = None,
) -> IntervalChart | None:
    """Return the drawing of a value with its interval on `scale`; None where there is no value."""
    if value is None:
        return None
    start, end = scale

    def at(number: float) -> float:
        share = (min(max(number, start), end) - start) / (end - start)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    marks = tuple((at(number), f"{number:g}") for number in (start, (start + end) / 2, end))
    known = low is not None and high is not None
    return IntervalChart(
        at(value),
        at(low) if known and low is not None else None,
        at(high) if known and high is not None else None,
        at(null) if null is not None else None,
        marks,
    )
