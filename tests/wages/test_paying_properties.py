"""Whatever is payable and however it is split into batches: rounding is below one minor unit and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from byhand.money import exponent, parse_amount
from byhand.money.currencies import codes
from wages.paying.details import Details
from wages.paying.files_in import COLUMNS, parse_csv
from wages.paying.files_out import Payment, decimal, payout_csv
from wages.paying.lines import Line, content_sha256, rounded_up

CURRENCIES = st.sampled_from(codes())
MICRO = st.integers(1, 10**15)


@given(MICRO, CURRENCIES)
def test_a_line_is_the_smallest_whole_amount_that_is_no_less_than_the_payable(
    payable: int, currency: str
) -> None:
    unit = 10 ** (6 - exponent(currency))
    amount, rounding = rounded_up(payable, currency)
    assert amount % unit == 0 and amount == payable + rounding
    assert 0 <= rounding < unit
    assert rounded_up(amount, currency) == (
        amount,
        0,
    )  # what came back and goes out again is not rounded twice


@given(st.lists(MICRO, min_size=1, max_size=30), CURRENCIES)
def test_any_splitting_into_batches_pays_all_and_adds_less_than_a_unit_a_batch(
    payables: list[int], currency: str
) -> None:
    unit = 10 ** (6 - exponent(currency))
    apart = sum(rounded_up(payable, currency)[0] for payable in payables)
    together = rounded_up(sum(payables), currency)[0]
    assert sum(payables) <= together <= apart < sum(payables) + len(payables) * unit


@given(MICRO, CURRENCIES)
def test_an_amount_that_is_sent_comes_back_as_it_was_written(payable: int, currency: str) -> None:
    amount, _ = rounded_up(payable, currency)
    text = decimal(amount, currency)
    assert len(text.partition(".")[2]) == exponent(currency)
    if amount < 10**18:
        assert parse_amount(text, currency) == amount


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader_of_settlements(content: bytes) -> None:
    parsed = parse_csv(content, "USD")
    assert parsed.problems or parsed.rows


@given(st.lists(st.lists(st.text(max_size=12), min_size=8, max_size=8), max_size=6))
def test_no_cells_break_the_reader_of_settlements(rows: list[list[str]]) -> None:
    text = "\n".join([",".join(COLUMNS), *(",".join(row) for row in rows)])
    parsed = parse_csv(text.encode("utf-8", "surrogatepass"), "JPY")
    assert not (parsed.problems and not all(":" in problem for problem in parsed.problems))


@given(st.lists(st.tuples(st.uuids(), MICRO, st.text(max_size=20)), max_size=8), st.randoms())
def test_a_file_depends_on_its_payments_and_not_on_their_order(rows: list, random: object) -> None:  # type: ignore[type-arg]
    payments = [
        Payment(key.hex, rounded_up(micro, "USD")[0], "Pay", Details("bank", "USD", "DE", holder, iban="DE1"))
        for key, micro, holder in rows
    ]
    first = payout_csv("bank", payments)
    random.shuffle(payments)  # type: ignore[attr-defined]
    assert payout_csv("bank", payments) == first or len({p.key for p in payments}) < len(payments)
    cells = [cell for line in first.decode().splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


@given(st.lists(st.tuples(st.uuids(), MICRO), min_size=1, max_size=6, unique_by=lambda row: row[0]))
def test_the_hash_changes_with_any_amount_and_not_with_the_order(rows: list) -> None:  # type: ignore[type-arg]
    lines = [Line(key.hex, 1, 2, "d", micro, 0, micro) for key, micro in rows]

    def digest(of: list[Line]) -> str:
        return content_sha256(batch="b", project="p", currency="USD", lines=of)

    assert digest(lines) == digest(lines[::-1])
    first = lines[0]
    changed = Line(first.key, 1, 2, "d", first.payable_micro + 1, 0, first.amount_micro + 1)
    assert digest([changed, *lines[1:]]) != digest(lines)
