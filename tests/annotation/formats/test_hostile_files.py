"""Files that are made to confuse or to exhaust give one clear answer, or a problem on the line where it is."""

from __future__ import annotations

import gzip
import json

import pytest

from annotation.formats.readers.lines import MAX_LINE_BYTES
from annotation.formats.readers.records import Fields, Unreadable
from tests.annotation.formats.reading_world import entries, lines, looks, packed, problems, rows


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7 x", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\x80\x04\x95pickle", "a Python pickle, which is never read"),
        (b"\xff\xfe{\x00}\x00", "text in UTF-16"),
        (b"PK\x03\x04 xl/workbook.xml", "an Office document; save the sheet as CSV"),
        (b'{"a": "\x00\x01\x02"}' * 10, "a binary file"),
        (b'{\n  "prompt": "x"\n}\n', "one JSON object over many lines"),
        (b"", "the file is empty"),
    ],
)
def test_what_is_no_known_file_is_named_once(content: bytes, what: str) -> None:
    with pytest.raises(Unreadable) as refused:
        looks(content)
    assert what in str(refused.value)


def test_deep_nesting_is_a_problem_of_its_line() -> None:
    deep = b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    found = entries(deep + lines({"prompt": "fine"}), shape="prompts")
    assert [str(found[0]), found[1].prompt] == ["line 1: not JSON: nested too deep", "fine"]


def test_deep_nesting_in_a_kept_field_is_a_problem_of_its_line() -> None:
    inner = "[" * 900 + "]" * 900
    found = entries(
        f'{{"prompt": "x", "m": {inner}}}\n'.encode(), shape="prompts", fields=Fields(metadata=("m",))
    )
    assert len(found) == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1" * 5000])
def test_numbers_that_are_none_are_problems(value: str) -> None:
    (problem,) = problems(f'{{"prompt": "x", "n": {value}}}\n'.encode(), shape="prompts")
    assert problem.startswith("line 1: not JSON: ")


@pytest.mark.parametrize("text", ["nul \u0000", "half \ud800", "bell \u0007", "c1 \u0085 x"])
def test_characters_that_are_no_text_are_named(text: str) -> None:
    (problem,) = problems(json.dumps({"prompt": text}).encode())
    assert f"U+{ord(max(text, key=lambda one: (not one.isprintable(), one))):04X}" in problem


def test_kept_fields_hold_no_such_character_either() -> None:
    record = {"prompt": "x", "m": {"a": ["fine", "nul \u0000"]}}
    assert problems(lines(record), shape="prompts", fields=Fields(metadata=("m",))) == [
        "line 1: “metadata” holds a control character (U+0000) at character 5"
    ]


def test_a_line_without_end_stops_the_reading() -> None:
    content = lines({"prompt": "ok"}) + b'{"prompt": "' + b"x" * (MAX_LINE_BYTES + 10)
    found = entries(content)
    assert found[0].prompt == "ok"
    assert str(found[1]) == "line 2: longer than 4,194,304 bytes; reading stopped here"


def test_a_gzip_bomb_stops_at_its_limit() -> None:
    bomb = gzip.compress(b"\n" * 300_000_000)
    assert len(bomb) < 400_000
    assert problems(bomb, shape="prompts") == ["line 1: the file unpacks to more than 67,108,864 bytes"]


def test_a_broken_gzip_names_where_it_ends() -> None:
    content = packed(lines(*({"prompt": f"{n} {hash(str(n))}"} for n in range(200_000))))
    found = entries(content[: len(content) // 2], shape="prompts")
    assert "ends early" in str(found[-1])
    assert len(found) > 100


def test_a_table_with_ten_thousand_columns_is_refused_once() -> None:
    header = ",".join(f"c{n}" for n in range(10_000))
    content = (header + "\n" + ",".join("x" * 10_000) + "\n").encode()
    assert problems(content, "p.csv") == ["line 1: the header has 10,000 columns; at most 1,000"]


def test_latin_1_is_named_line_by_line_and_the_rest_is_read() -> None:
    content = b"prompt\ncaf\xe9\nfine\n"
    found = entries(content, "p.csv")
    assert "not UTF-8" in str(found[0])
    assert found[1].prompt == "fine"


def test_semicolons_and_tabs_part_columns_too() -> None:
    assert [row.prompt for row in rows(b"id;prompt\n1;One?\n", "p.csv")] == ["One?"]
    assert [row.prompt for row in rows(b"id\tprompt\n1\tTwo?\n", "p.tsv")] == ["Two?"]


def test_a_formula_is_a_prompt_like_any_other() -> None:
    assert [row.prompt for row in rows(b"prompt\n=1+1\n", "p.csv")] == ["=1+1"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'[{"prompt": "a"}, {"prompt": "b"}', "line 3: the list has no end: the file was cut off"),
        (b'[{"prompt": "a"}, {]', "line 2: not JSON: "),
        (b'[{"prompt": "a"}, 7]', 'line 2: must be a JSON object such as {"prompt": "…"}'),
    ],
)
def test_a_list_that_is_cut_off_or_wrong_is_named(content: bytes, problem: str) -> None:
    found = entries(content, "p.json", "prompts")
    assert found[0].prompt == "a"
    assert str(found[-1]).startswith(problem)


def test_a_long_list_is_read_over_many_blocks() -> None:
    content = json.dumps([{"prompt": f"{n} " + "é" * 5000} for n in range(300)], ensure_ascii=False).encode()
    assert [int(row.prompt.split()[0]) for row in rows(content, "p.json")] == list(range(300))
