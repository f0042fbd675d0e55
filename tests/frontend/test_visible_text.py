"""Hidden characters are shown; nothing becomes markup. The browser's twin reads the same table of cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from byhand.text import visible

CASES = json.loads((Path(__file__).parent / "visible_text_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["visible"] for case in CASES])
def test_each_case_is_shown_as_the_table_says(case: dict[str, str]) -> None:
    assert visible(case["text"]) == case["visible"]


def test_the_result_is_escaped_by_the_template() -> None:
    page = Template("{% load byhand_text %}<bdi>{{ text|visible_text }}</bdi>")
    shown = page.render(Context({"text": "<script>\u202e'\""}))
    assert shown == "<bdi>&lt;script&gt;⟦RLO⟧&#x27;&quot;</bdi>"


def test_nothing_is_nothing() -> None:
    assert Template("{% load byhand_text %}[{{ text|visible_text }}]").render(Context({"text": None})) == "[]"


@given(st.text(), st.text())
def test_it_works_character_by_character(one: str, other: str) -> None:
    assert visible(one + other) == visible(one) + visible(other)


@given(st.text())
def test_showing_what_is_shown_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(
    st.text(alphabet=st.characters(exclude_characters="⟦⟧")),
    st.text(alphabet=st.characters(exclude_characters="⟦⟧")),
)
def test_texts_that_differ_look_different(one: str, other: str) -> None:
    assert (visible(one) == visible(other)) == (one == other)
