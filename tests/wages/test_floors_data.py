"""The shipped floor tables are right, and the lint names file, line and field of every row that is not."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from wages.floors.tables import DATA, BadTable, load, read

HEADER = (DATA / "floors.csv").read_text().splitlines()[0]
FX_HEADER = (DATA / "fx.csv").read_text().splitlines()[0]
GOOD = {
    "kind": "statutory_min",
    "country": "KW",
    "subdivision": "",
    "sector": "",
    "age_band": "adult",
    "amount": "0.385",
    "currency": "KWD",
    "unit": "hour",
    "hours_basis": "",
    "gross_or_net": "gross",
    "valid_from": "2026-01-01",
    "valid_to": "",
    "source_title": "Gazette",
    "source_url": "https://example.org/gazette",
    "source_type": "gazette",
    "licence": "fact",
    "retrieved_on": "2026-02-01",
    "note": "",
}


def written(folder: Path, *rows: dict[str, str], fx: tuple[str, ...] = ()) -> Path:
    shutil.copy(DATA / "datapackage.json", folder)
    lines = [HEADER, *(",".join(row.values()) for row in rows)]
    (folder / "floors.csv").write_text("\n".join(lines) + "\n")
    (folder / "fx.csv").write_text("\n".join([FX_HEADER, *fx]) + "\n")
    return folder


def test_the_shipped_tables_have_no_problem() -> None:
    tables, problems = read()
    assert problems == []
    assert {row.place for row in tables.floors} >= {"US", "US-CA", "GB", "DE", "DK", "KE-30"}


def test_the_schema_names_the_columns_of_each_file_in_their_order() -> None:
    package = json.loads((DATA / "datapackage.json").read_text())
    for resource in package["resources"]:
        header = (DATA / resource["path"]).read_text().splitlines()[0].split(",")
        assert header == [field["name"] for field in resource["schema"]["fields"]]


def test_rows_without_a_legal_hourly_amount_are_kept_and_unusable() -> None:
    rows = {row.place: row for row in load().floors}
    assert [rows[place].usable for place in ("KE-30", "IN", "PH-00")] == [False] * 3
    assert rows["DK"].is_none and rows["DK"].usable


def test_every_shipped_row_says_that_its_primary_source_was_not_read() -> None:
    assert all("Primary source not read" in row.note for row in load().floors)


def test_dinars_have_three_decimals(tmp_path: Path) -> None:
    (row,) = load(written(tmp_path, GOOD)).floors
    assert (row.amount_micro, row.id) == (385_000, "statutory_min:KW:2026-01-01")


BAD = [
    ({"source_url": ""}, "source_url", "is empty; it is required."),
    ({"source_title": ""}, "source_title", "is empty; it is required."),
    ({"country": "XX"}, "country", "'XX' is no country of ISO 3166-1."),
    ({"country": "kw"}, "country", "does not have the form"),
    ({"subdivision": "US-CA"}, "subdivision", "is no subdivision of KW."),
    ({"currency": "XXX"}, "currency", "is not an ISO 4217 currency code"),
    ({"amount": "0.3855"}, "amount", "'0.3855' has 4 decimals; KWD has 3."),
    ({"amount": "100.5", "currency": "JPY"}, "amount", "'100.5' has 1 decimals; JPY has 0."),
    ({"amount": "-1"}, "amount", "does not have the form"),
    ({"amount": "=1+1"}, "amount", "does not have the form"),
    ({"amount": "9" * 40}, "amount", "does not have the form"),
    ({"valid_from": "2026-02-30"}, "valid_from", "is not a date"),
    ({"valid_to": "2025-12-31"}, "valid_to", "2025-12-31 is before valid_from, 2026-01-01."),
    ({"age_band": "18-20"}, "age_band", "is none of adult."),
    ({"kind": "living"}, "kind", "is none of"),
    ({"unit": "month"}, "note", "must say that the row is unusable for the hourly test"),
    ({"gross_or_net": "net"}, "note", "must say that the row is unusable for the hourly test"),
    ({"hours_basis": "40"}, "hours_basis", "must be empty"),
    ({"hours_basis": "NaN", "unit": "month"}, "hours_basis", "is not within"),
    ({"licence": "a\x00b"}, "licence", "control characters"),
]


@pytest.mark.parametrize(("change", "field", "message"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_row_is_named_by_file_line_and_field(
    tmp_path: Path, change: dict[str, str], field: str, message: str
) -> None:
    folder = written(tmp_path, GOOD | {"country": "DE", "currency": "EUR", "amount": "13.90"}, GOOD | change)
    with pytest.raises(BadTable) as refused:
        load(folder)
    problem = refused.value.problems[0]
    assert (problem.file, problem.line, problem.field) == ("floors.csv", 3, field)
    assert message in problem.message


def test_two_rows_of_one_key_never_overlap(tmp_path: Path) -> None:
    first = GOOD | {"valid_to": "2026-06-30"}
    assert read(written(tmp_path, first, GOOD | {"valid_from": "2026-07-01"}))[1] == []
    _, problems = read(written(tmp_path, GOOD | {"valid_from": "2026-06-30"}, first | {"sector": "general"}))
    assert [str(problem) for problem in problems] == [
        "floors.csv, line 2, valid_from: overlaps the row in line 3."
    ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("2026-03-02,EUR,USD,0,ECB,https://example.org,fact,2026-03-02,", "rate"),
        ("2026-03-02,EUR,XXX,1.1,ECB,https://example.org,fact,2026-03-02,", "quote"),
        ("2026-03-02,EUR,EUR,1,ECB,https://example.org,fact,2026-03-02,", "quote"),
        ("2026-03-02,EUR,USD,1e3,ECB,https://example.org,fact,2026-03-02,", "rate"),
        ("2026-03-02,EUR,USD,1.1,,https://example.org,fact,2026-03-02,", "source_title"),
        ("2026-03-02,EUR,USD", "row"),
    ],
)
def test_a_bad_rate_is_named(tmp_path: Path, line: str, field: str) -> None:
    _, problems = read(written(tmp_path, GOOD, fx=(line,)))
    assert [(found.file, found.line, found.field) for found in problems] == [("fx.csv", 2, field)]


def test_a_pair_of_currencies_has_one_rate_a_day(tmp_path: Path) -> None:
    rest = "ECB,https://example.org,fact,2026-03-02,"
    lines = (f"2026-03-02,EUR,USD,1.1,{rest}", f"2026-03-02,USD,EUR,0.9,{rest}")
    _, problems = read(written(tmp_path, GOOD, fx=lines))
    assert [(found.line, found.field) for found in problems] == [(3, "date")]


def test_other_columns_and_broken_files_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, GOOD)
    (folder / "floors.csv").write_text(HEADER.replace("note", "remark") + "\n")
    (folder / "fx.csv").write_bytes(b"\xff\xfe")
    _, problems = read(folder)
    assert [(found.file, found.field) for found in problems] == [("floors.csv", "header"), ("fx.csv", "file")]
    (folder / "datapackage.json").unlink()
    assert "datapackage.json" in {found.file for found in read(folder)[1]}


def test_the_command_says_what_holds_and_what_does_not(tmp_path: Path) -> None:
    out = StringIO()
    call_command("check_floors", stdout=out)
    assert "floors hold" in out.getvalue()
    bad = written(tmp_path, GOOD | {"source_url": ""}) / "floors.csv"
    with pytest.raises(CommandError, match="1 problems"):
        call_command("check_floors", str(bad), stdout=out)
    assert "floors.csv, line 2, source_url: is empty; it is required." in out.getvalue()
