"""Money and time in templates. Integers in, text out: micro-units of a currency, and milliseconds."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from byhand import durations
from byhand.money import format_money

register = template.Library()


@register.filter
def money(micro: int | None, currency: str) -> str:
    """`{{ entry.micro|money:entry.currency }}`: an amount with its currency; a dash where there is none."""
    return "\u2013" if micro is None else format_money(int(micro), currency)


@register.filter
def money_exact(micro: int | None, currency: str) -> str:
    """`{{ line.payable_micro|money_exact:line.currency }}`: every digit down to the micro-unit, "USD 0.000042"."""
    return "\u2013" if micro is None else format_money(int(micro), currency, exact=True)


@register.filter
def duration(milliseconds: int | None) -> str:
    """`{{ interval.ms|duration }}`: "3 h 04 min 12 s"."""
    forms = (_("{h} h {m} min {s} s"), _("{m} min {s} s"), _("{s} s"))
    return "\u2013" if milliseconds is None else durations.long_form(milliseconds, forms)


@register.filter
def duration_clock(milliseconds: int | None) -> str:
    """`{{ session.ms|duration_clock }}`: "3:04:12"."""
    return "\u2013" if milliseconds is None else durations.clock_form(milliseconds)


@register.filter
def duration_iso(milliseconds: int) -> str:
    """`<time datetime="{{ ms|duration_iso }}">`."""
    return durations.iso_form(milliseconds)


@register.filter
def hours(milliseconds: int | None) -> str:
    """`{{ total.ms|hours }}`: hours with two decimals, "3.07"."""
    return "\u2013" if milliseconds is None else durations.hours_form(milliseconds)
