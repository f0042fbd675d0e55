"""Reads of wages. Nothing here writes or locks."""

from wages.selectors.clock import ClockView, clock_view
from wages.selectors.earnings import Earnings, csv_rows, earnings
from wages.selectors.projects import (
    closed_periods,
    current_rate,
    leaves,
    pay_overview,
    projects_of_steward,
)
from wages.selectors.work_time import paid_task_ms

__all__ = [
    "ClockView",
    "Earnings",
    "clock_view",
    "closed_periods",
    "csv_rows",
    "current_rate",
    "earnings",
    "leaves",
    "paid_task_ms",
    "pay_overview",
    "projects_of_steward",
]
