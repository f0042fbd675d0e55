"""Which currencies there are, and what text is an amount of them."""

from __future__ import annotations

import pytest

from byhand.money import BadAmount, UnknownCurrency, exponent, format_money, parse_amount, to_minor_up


@pytest.mark.parametrize(("code", "decimals"), [("USD", 2), ("KES", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_the_minor_unit_is_that_of_iso_4217(code: str, decimals: int) -> None:
    assert exponent(code) == decimals


@pytest.mark.parametrize("code", ["usd", "XXX", "XAU", "US", "", "USDT", None])
def test_an_unknown_code_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(code)


@pytest.mark.parametrize(
    ("text", "currency", "micro"),
    [
        ("18.50", "USD", 18_500_000),
        ("18.5", "USD", 18_500_000),
        ("0.001", "KWD", 1_000),
        ("1500", "JPY", 1_500_000_000),
        (" 7 ", "EUR", 7_000_000),
    ],
)
def test_text_becomes_micro_units(text: str, currency: str, micro: int) -> None:
    assert parse_amount(text, currency) == micro


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("18.505", "USD"),
        ("1.5", "JPY"),
        ("1.0001", "KWD"),
        ("-1", "USD"),
        ("1,000", "USD"),
        ("1e3", "USD"),
        ("", "USD"),
        (".5", "USD"),
        ("٣", "USD"),
        ("1" * 13, "USD"),
    ],
)
def test_text_that_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(BadAmount):
        parse_amount(text, currency)


def test_shown_amounts_are_cut_and_exact_ones_are_whole() -> None:
    assert format_money(1_234_567_890, "USD") == "USD 1,234.56"
    assert format_money(1_234_567_890, "USD", exact=True) == "USD 1,234.56789"
    assert format_money(1_999_999, "JPY") == "JPY 1"
    assert format_money(-5_000_000, "USD") == "USD -5.00"
    assert format_money(-1, "USD") == "USD 0.00"


def test_payouts_round_up_to_the_minor_unit() -> None:
    assert to_minor_up(18_500_001, "USD") == 1_851
    assert to_minor_up(18_500_000, "USD") == 1_850
    assert to_minor_up(1, "JPY") == 1
    assert to_minor_up(1_001, "KWD") == 2
