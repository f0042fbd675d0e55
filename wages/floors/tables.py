"""Reads `floors.csv` and `fx.csv` as their data package describes them, and says what is wrong with them.

Pure: files in, rows or problems out. Every problem names file, line and field. A table with one bad row is not
used at all, so that a half-read table can't lower anybody's floor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from byhand.money import BadAmount, UnknownCurrency, exponent, parse_amount
from wages.floors.countries import is_country, is_subdivision
from wages.floors.tabular import Problem, day_of, rows, schemas

DATA = Path(__file__).parents[1] / "data"
PACKAGE, FLOORS, FX = "datapackage.json", "floors.csv", "fx.csv"
LARGEST_FILE = 5_000_000
NONE = "none"


class BadTable(ValueError):
    """The tables can't be used; `problems` says why, row by row."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class FloorRow:
    """One row of floors.csv. `amount_micro` is None where there is no statutory minimum (`none`)."""

    kind: str
    country: str
    subdivision: str
    sector: str
    amount_micro: int | None
    currency: str
    unit: str
    gross: bool
    valid_from: date
    valid_to: date | None
    source_title: str
    source_url: str
    note: str

    @property
    def id(self) -> str:
        """Name the row for statements and reports: its kind, place, sector and first day."""
        parts = [self.kind, self.place, self.sector, self.valid_from.isoformat()]
        return ":".join(part for part in parts if part)

    @property
    def place(self) -> str:
        return self.subdivision or self.country

    @property
    def is_none(self) -> bool:
        return self.amount_micro is None

    @property
    def usable(self) -> bool:
        """Whether the hourly test can use it: a legal amount an hour, gross; monthly law is never divided."""
        return self.is_none or (self.unit == "hour" and self.gross)

    def on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class FxRow:
    """One rate: `rate` units of `quote` for one unit of `base`, exact."""

    day: date
    base: str
    quote: str
    rate: Fraction
    text: str
    source_title: str
    source_url: str


@dataclass(frozen=True)
class Tables:
    """Everything that was read, with the hash of each file as it was read."""

    floors: tuple[FloorRow, ...]
    fx: tuple[FxRow, ...]
    sha256: Mapping[str, str]


def load(folder: Path = DATA) -> Tables:
    """Read both tables. Raises BadTable with every problem found."""
    tables, problems = read(folder)
    if problems:
        raise BadTable(problems)
    return tables


def read(folder: Path = DATA, floors_file: Path | None = None) -> tuple[Tables, list[Problem]]:
    """Return what could be read and everything that is wrong. `floors_file` stands in for the folder's own."""
    problems: list[Problem] = []
    paths = {PACKAGE: folder / PACKAGE, FLOORS: floors_file or folder / FLOORS, FX: folder / FX}
    raw = {name: _bytes(path, problems) for name, path in paths.items()}
    fields = schemas(PACKAGE, raw[PACKAGE], problems)
    floors, fx = [], []
    for line, cells in rows(paths[FLOORS].name, raw[FLOORS], fields.get(FLOORS), problems):
        floors.append((line, _floor(paths[FLOORS].name, line, cells, problems)))
    for line, cells in rows(FX, raw[FX], fields.get(FX), problems):
        fx.append((line, _fx(FX, line, cells, problems)))
    kept = [(line, row) for line, row in floors if row is not None]
    rates = [(line, rate) for line, rate in fx if rate is not None]
    problems.extend(_overlaps(paths[FLOORS].name, kept))
    problems.extend(_repeated(rates))
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in raw.items()}
    return Tables(tuple(row for _, row in kept), tuple(rate for _, rate in rates), hashes), problems


def _bytes(path: Path, problems: list[Problem]) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            problems.append(Problem(path.name, 0, "file", f"larger than {LARGEST_FILE} bytes."))
            return b""
        return path.read_bytes()
    except OSError as error:
        problems.append(Problem(path.name, 0, "file", f"can't be read: {error.strerror}."))
        return b""


def _floor(name: str, line: int, cells: dict[str, str], problems: list[Problem]) -> FloorRow | None:
    found = []
    if not is_country(cells["country"]):
        found.append(("country", f"{cells['country']!r} is no country of ISO 3166-1."))
    if cells["subdivision"] and not is_subdivision(cells["subdivision"], cells["country"]):
        found.append(("subdivision", f"{cells['subdivision']!r} is no subdivision of {cells['country']}."))
    amount, why = _amount(cells["amount"], cells["currency"])
    found.extend(why)
    starts, ends = date.fromisoformat(cells["valid_from"]), day_of(cells["valid_to"])
    if ends is not None and ends < starts:
        found.append(("valid_to", f"{ends} is before valid_from, {starts}."))
    usable = cells["amount"] == NONE or (cells["unit"] == "hour" and cells["gross_or_net"] == "gross")
    if not usable and "unusable for the hourly test" not in cells["note"].lower():
        found.append(
            ("note", "must say that the row is unusable for the hourly test: it has no gross amount an hour.")
        )
    if cells["unit"] == "hour" and cells["hours_basis"]:
        found.append(("hours_basis", "must be empty: an amount an hour needs none."))
    problems.extend(Problem(name, line, field, message) for field, message in found)
    if found:
        return None
    return FloorRow(
        kind=cells["kind"],
        country=cells["country"],
        subdivision=cells["subdivision"],
        sector="" if cells["sector"] == "general" else cells["sector"],
        amount_micro=amount,
        currency=cells["currency"],
        unit=cells["unit"],
        gross=cells["gross_or_net"] == "gross",
        valid_from=starts,
        valid_to=ends,
        source_title=cells["source_title"],
        source_url=cells["source_url"],
        note=cells["note"],
    )


def _amount(text: str, currency: str) -> tuple[int | None, list[tuple[str, str]]]:
    try:
        exponent(currency)
        return (None if text == NONE else parse_amount(text, currency)), []
    except UnknownCurrency as error:
        return None, [("currency", str(error))]
    except BadAmount as error:
        return None, [("amount", str(error))]


def _fx(name: str, line: int, cells: dict[str, str], problems: list[Problem]) -> FxRow | None:
    found = []
    for field in ("base", "quote"):
        try:
            exponent(cells[field])
        except UnknownCurrency as error:
            found.append(Problem(name, line, field, str(error)))
    rate = Fraction(cells["rate"])
    if rate <= 0:
        found.append(Problem(name, line, "rate", "must be above zero."))
    if cells["base"] == cells["quote"]:
        found.append(Problem(name, line, "quote", "is the same currency as base."))
    problems.extend(found)
    if found:
        return None
    day = date.fromisoformat(cells["date"])
    source = cells["source_title"], cells["source_url"]
    return FxRow(day, cells["base"], cells["quote"], rate, cells["rate"], *source)


def _overlaps(name: str, rows: list[tuple[int, FloorRow]]) -> Iterator[Problem]:
    """Yield a problem for every row that is valid on a day on which an earlier one of the same key is."""
    newest: dict[tuple[str, ...], tuple[int, FloorRow]] = {}
    for line, row in sorted(rows, key=lambda each: (each[1].valid_from, each[0])):
        key = (row.kind, row.country, row.subdivision, row.sector)
        if key in newest:
            earlier_line, earlier = newest[key]
            if earlier.on(row.valid_from):
                yield Problem(name, line, "valid_from", f"overlaps the row in line {earlier_line}.")
        newest[key] = (line, row)


def _repeated(rates: list[tuple[int, FxRow]]) -> Iterator[Problem]:
    seen: dict[tuple[date, frozenset[str]], int] = {}
    for line, rate in rates:
        key = (rate.day, frozenset((rate.base, rate.quote)))
        if key in seen:
            yield Problem(
                FX, line, "date", f"repeats the pair of currencies of line {seen[key]} for that day."
            )
        seen.setdefault(key, line)
