"""How money and time are written on pages: integers in, exact text out."""

from __future__ import annotations

import pytest
from django.template import Context, Template


def shown(expression: str, value: int | None) -> str:
    return Template("{% load byhand_money %}{{ value|" + expression + " }}").render(Context({"value": value}))


@pytest.mark.parametrize(
    ("milliseconds", "long", "clock", "hours"),
    [
        (0, "0 s", "0:00:00", "0.00"),
        (999, "0 s", "0:00:00", "0.00"),
        (12_000, "12 s", "0:00:12", "0.00"),
        (61_000, "1 min 01 s", "0:01:01", "0.02"),
        (3_599_999, "59 min 59 s", "0:59:59", "1.00"),
        (3_600_000, "1 h 00 min 00 s", "1:00:00", "1.00"),
        (11_052_000, "3 h 04 min 12 s", "3:04:12", "3.07"),
        (17_999, "17 s", "0:00:17", "0.00"),
        (18_000, "18 s", "0:00:18", "0.01"),
        (4_446_000_000, "1,235 h 00 min 00 s", "1235:00:00", "1,235.00"),
        (-61_000, "-1 min 01 s", "-0:01:01", "-0.02"),
    ],
)
def test_time(milliseconds: int, long: str, clock: str, hours: str) -> None:
    assert shown("duration", milliseconds) == long
    assert shown("duration_clock", milliseconds) == clock
    assert shown("hours", milliseconds) == hours


def test_time_for_machines() -> None:
    assert shown("duration_iso", 11_052_000) == "PT3H4M12S"


@pytest.mark.parametrize(
    ("micro", "currency", "text"),
    [
        (18_500_000, "USD", "USD 18.50"),
        (1_234_567_000_000, "JPY", "JPY 1,234,567"),
        (5_125_000, "KWD", "KWD 5.125"),
    ],
)
def test_money(micro: int, currency: str, text: str) -> None:
    assert shown(f'money:"{currency}"', micro) == text


def test_what_is_not_there_is_a_dash() -> None:
    for expression in ("duration", "duration_clock", "hours", 'money:"USD"'):
        assert shown(expression, None) == "\u2013"
