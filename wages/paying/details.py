"""Where a worker wants pay to go: what may be written there, how it is shown masked, and its salted digest. Pure.

Problems are in the language that is active.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from django.utils.translation import gettext as _

from byhand.money import UnknownCurrency, exponent
from byhand.text import visible
from wages.floors.countries import is_country
from wages.paying.ibans import valid_iban
from wages.transparency.canonical import canonical

HOLD = timedelta(hours=48)
"""No payout goes to an account before this much time has passed since it was named, the first one included."""

_NUMBER = re.compile(r"[A-Z0-9]{4,34}")
_BANK_CODE = re.compile(r"[A-Z0-9]{3,20}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: at most 15 digits


@dataclass(frozen=True)
class Details:
    """One account. `iban`, or `account_number` with `bank_code`, for a bank; `provider` and `phone` for a wallet."""

    method: str
    currency: str
    country: str
    holder: str
    iban: str = ""
    account_number: str = ""
    bank_code: str = ""
    provider: str = ""
    phone: str = ""

    @property
    def masked(self) -> str:
        """What pages show: the last four characters and nothing else of the number."""
        return f"•••• {(self.iban or self.account_number or self.phone)[-4:]}"


def tidied(details: Details) -> Details:
    """Return the details as they are kept: codes without spaces, dashes and in capitals, names without outer spaces."""
    return replace(
        details,
        currency=details.currency.strip().upper(),
        country=details.country.strip().upper(),
        holder=" ".join(details.holder.split()),
        provider=" ".join(details.provider.split()),
        iban=_code(details.iban),
        account_number=_code(details.account_number),
        bank_code=_code(details.bank_code),
        phone=re.sub(r"[ ().-]", "", details.phone),
    )


def problems(details: Details) -> list[str]:
    """Return every reason why pay can't go there, each with its field; expects `tidied` details."""
    found = []
    try:
        exponent(details.currency)
    except UnknownCurrency as error:
        found.append(f"currency: {error}")
    if not (is_country(details.country) or details.country == "XK"):  # Kosovo, as its IBANs begin
        found.append(_("country: an ISO 3166-1 code of two capital letters, such as KE."))
    found += _name_problems("holder", details.holder, 70)
    if details.method == "bank":
        return found + _bank_problems(details)
    if details.method == "wallet":
        return found + _wallet_problems(details)
    return [*found, _("method: bank or wallet.")]


def digest(details: Details, salt: bytes) -> str:
    """Return the SHA-256, in hex, of the salt and the canonical JSON of the details."""
    return hashlib.sha256(salt + canonical(asdict(details))).hexdigest()


def _code(text: str) -> str:
    return re.sub(r"[ -]", "", text).upper()


def _bank_problems(details: Details) -> list[str]:
    found = []
    if details.provider or details.phone:
        found.append(_("phone: a bank account has no wallet provider and no wallet number."))
    if details.iban and details.account_number:
        found.append(_("account_number: leave it empty beside an IBAN."))
    if details.iban and not valid_iban(details.iban):
        found.append(_("iban: the check digits or the length are wrong; compare it with your bank's paper."))
    elif details.iban and details.iban[:2] != details.country:
        found.append(_("country: the IBAN is of %(country)s.") % {"country": details.iban[:2]})
    if not details.iban and not _NUMBER.fullmatch(details.account_number):
        found.append(_("account_number: 4 to 34 letters and digits, or give an IBAN."))
    if (details.bank_code or not details.iban) and not _BANK_CODE.fullmatch(details.bank_code):
        found.append(_("bank_code: 3 to 20 letters and digits, such as a BIC or a sort code."))
    return found


def _wallet_problems(details: Details) -> list[str]:
    found = _name_problems("provider", details.provider, 40)
    if details.iban or details.account_number or details.bank_code:
        found.append(_("iban: a wallet has no bank account."))
    if not _PHONE.fullmatch(details.phone):
        found.append(_("phone: a number in international form, such as +254712345678."))
    return found


def _name_problems(field: str, name: str, longest: int) -> list[str]:
    # a letter first: nothing that a spreadsheet could take for a formula, and no control or unseen character
    if not 0 < len(name) <= longest or not name[0].isalnum() or visible(name) != name or "\t" in name:
        return [
            _("%(field)s: 1 to %(longest)s characters that begin with a letter or a digit.")
            % {"field": field, "longest": longest}
        ]
    return []
