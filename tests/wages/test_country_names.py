"""Countries are named in the reader's language; the code and the English names stay."""

from __future__ import annotations

import pytest
from django.utils import translation

from wages.floors.countries import COUNTRIES
from wages.floors.country_names import country_choices, place_name_here


@pytest.mark.parametrize(
    ("language", "germany", "california"),
    [
        ("en", "Germany", "United States (US-CA)"),
        ("es", "Alemania", "Estados Unidos (US-CA)"),
        ("sw", "Ujerumani", "Marekani (US-CA)"),
        ("xx", "Germany", "United States (US-CA)"),
    ],
)
def test_a_country_has_the_name_of_the_language(language: str, germany: str, california: str) -> None:
    with translation.override(language):
        assert place_name_here("DE") == germany
        assert place_name_here("US-CA") == california
        assert place_name_here("QQ") == "QQ"


@pytest.mark.parametrize("language", ["en", "es", "sw"])
def test_every_country_can_be_chosen_in_every_language(language: str) -> None:
    with translation.override(language):
        assert {code for code, _name in country_choices()} == set(COUNTRIES)


def test_names_are_in_order_with_accents_aside() -> None:
    with translation.override("es"):
        names = [name for _code, name in country_choices()]
    assert names[0] == "Afganistán"
    assert names.index("Emiratos Árabes Unidos") < names.index("Eslovaquia") < names.index("Zimbabue")
    assert names.index("Omán") > names.index("Nueva Zelanda")
