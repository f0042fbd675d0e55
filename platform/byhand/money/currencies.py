"""The ISO 4217 table: which codes exist and how many decimals their minor unit has.

Only currencies that a wage can be paid in: precious metals, test codes and units of account of the list
(XAU, XTS, XDR ...) have no minor unit and are refused like any unknown code.
"""

from __future__ import annotations

_TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

_EXPONENTS: dict[str, int] = {
    code: decimals
    for codes, decimals in ((_TWO_DECIMALS, 2), (_NO_DECIMALS, 0), (_THREE_DECIMALS, 3), (_FOUR_DECIMALS, 4))
    for code in codes.split()
}


class UnknownCurrency(ValueError):
    """The code is not a currency of ISO 4217 that a wage can be paid in."""

    def __init__(self, code: object) -> None:
        super().__init__(
            f"{code!r} is not an ISO 4217 currency code; write three capital letters such as 'USD'."
        )


def exponent(code: str) -> int:
    """Return how many decimals the currency's minor unit has: 2 for USD, 0 for JPY, 3 for KWD."""
    try:
        return _EXPONENTS[code]
    except (KeyError, TypeError) as error:
        raise UnknownCurrency(code) from error


def codes() -> tuple[str, ...]:
    """Return every accepted code, sorted."""
    return tuple(sorted(_EXPONENTS))
