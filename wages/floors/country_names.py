"""Countries by their names in the language that is active, for people to read and choose from. Stored is the code.

English names are those of `wages.floors.countries`; other languages take theirs from CLDR, which comes with Babel.
"""

from __future__ import annotations

import unicodedata

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

from wages.floors.countries import COUNTRIES


def country_choices() -> list[tuple[str, str]]:
    """Return (code, name) of every country in the order of the names, accents aside."""
    names = _names()
    return sorted(names.items(), key=lambda each: _sortable(each[1]))


def place_name_here(code: str) -> str:
    """Return "Kenia" for KE and "Estados Unidos (US-CA)" for US-CA in Spanish; an unknown code as it is."""
    name = _names().get(code[:2], code)
    return f"{name} ({code})" if len(code) > 2 and name != code else name


def _names() -> dict[str, str]:
    language = get_language() or "en"
    if language.startswith("en"):
        return COUNTRIES
    try:
        known = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        return COUNTRIES
    return {code: known.get(code, name) for code, name in COUNTRIES.items()}


def _sortable(name: str) -> str:
    split = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))
