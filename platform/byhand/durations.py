"""How time is written for people. Pure. Integer milliseconds in; whole seconds shown, never rounded up."""

from __future__ import annotations

LONG = ("{h} h {m} min {s} s", "{m} min {s} s", "{s} s")


def long_form(milliseconds: int, forms: tuple[str, str, str] = LONG) -> str:
    """Return "3 h 04 min 12 s", "4 min 12 s" or "12 s"; `forms` says them in another language."""
    sign, hours, minutes, seconds = _parts(milliseconds)
    if hours:
        return sign + forms[0].format(h=f"{hours:,}", m=f"{minutes:02}", s=f"{seconds:02}")
    return sign + (forms[1].format(m=minutes, s=f"{seconds:02}") if minutes else forms[2].format(s=seconds))


def clock_form(milliseconds: int) -> str:
    """Return "3:04:12", the form of a running clock."""
    sign, hours, minutes, seconds = _parts(milliseconds)
    return f"{sign}{hours}:{minutes:02}:{seconds:02}"


def hours_form(milliseconds: int) -> str:
    """Return hours with two decimals, half up: "3.07"."""
    sign = "-" if milliseconds < 0 else ""
    hundredths = (abs(milliseconds) + 18_000) // 36_000
    return f"{sign}{hundredths // 100:,}.{hundredths % 100:02}"


def iso_form(milliseconds: int) -> str:
    """Return the ISO 8601 duration, for the `datetime` attribute of a `time` element."""
    sign, hours, minutes, seconds = _parts(milliseconds)
    return f"{sign}PT{hours}H{minutes}M{seconds}S"


def _parts(milliseconds: int) -> tuple[str, int, int, int]:
    seconds = abs(int(milliseconds)) // 1000
    return "-" if milliseconds < 0 else "", seconds // 3600, seconds // 60 % 60, seconds % 60
