from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wages.transparency.canonical import NotCanonical, canonical, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_keys_sort_by_utf16_code_units_as_rfc8785_shows() -> None:
    """The example of RFC 8785, 3.2.3: the emoji sorts by its surrogates, before U+FB33."""
    keys = ["€", "\r", "\ufb33", "1", "😀", "\x80", "ö"]
    written = canonical(dict.fromkeys(keys, 0)).decode()
    order = ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    assert list(json.loads(written)) == order


def test_strings_are_escaped_as_rfc8785_shows() -> None:
    assert canonical('€$\x0f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@pytest.mark.parametrize("value", [1.0, 0.5, float("nan"), {"a": [1, {"b": 2.5}]}])
def test_a_float_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical, match="write it as a string"):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), {1: "x"}, b"x", "\ud800", {"\udfff": 1}])
def test_what_json_readers_would_change_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@given(VALUES)
def test_parsing_gives_the_value_back_and_only_one_spelling_is_taken(value: Any) -> None:
    data = canonical(value)
    assert parse(data) == value
    with pytest.raises(NotCanonical):
        parse(data + b" ")


def test_a_repeated_key_is_not_canonical() -> None:
    with pytest.raises(NotCanonical):
        parse(b'{"a":1,"a":1}')
