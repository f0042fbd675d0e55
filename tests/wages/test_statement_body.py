"""The body of a statement, to the byte."""

from __future__ import annotations

from datetime import UTC, date, datetime

from wages.closing.statement_body import CostLine, Facts, Issue, Late, Listed, Terms, body, digest, document

STARTS, ENDS = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
TERMS = Terms(
    id="p/v1",
    basis="piece",
    hourly_micro=18_500_000,
    piece_micro=2_000_000,
    night_permille=250,
    weekend_permille=0,
    overtime_permille=500,
    overtime_after_ms=144_000_000,
    bonus_micro=0,
    bonus_after_ms=None,
    valid_from=STARTS,
    valid_to=None,
)
ISSUE = Issue(
    project="p",
    title="Ranking \u00e9",
    currency="USD",
    simulated=False,
    label="2026-W10",
    starts=STARTS,
    ends=ENDS,
    issued_at=ENDS,
    cards={7: TERMS},
    log_size=3,
    log_root="ab" * 32,
)
FACTS = Facts(
    worker="w",
    paid={"task": 600_000, "waiting": 60_000},
    unknown_ms=1_000,
    break_ms=1_800_000,
    priced={7: (660_000, 3_391_667)},
    earned={"work": 3_391_667, "top_up": 200_000, "reversal": -100},
    earned_balance_micro=5,
    payable_balance_micro=3_591_567,
    intervals=Listed(4, 10, 14),
    entries=Listed(5, 20, 31),
    costs=(CostLine(25, 9_007_199_254_740_993, "data"),),
    late=(Late(date(2026, 2, 27), 60_000, 308_334),),
    floor={"status": "met"},
    previous="cd" * 32,
    payer={"legal_entity": "Example Ltd", "country": "KE", "relation": "contractor"},
)


def test_every_figure_is_in_the_document_as_text() -> None:
    found = document(ISSUE, FACTS)
    assert found["time"] == {
        "paid_ms": {"task": "600000", "waiting": "60000"},
        "paid_total_ms": "660000",
        "unknown_ms": "1000",
        "break_ms": "1800000",
    }
    assert found["earned_micro"] == {"work": "3391667", "top_up": "200000", "reversal": "-100"}
    assert found["total_micro"] == "3591567"
    assert found["balances_micro"] == {"earned": "5", "payable": "3591567"}
    assert found["late"] == [{"day": "2026-02-27", "ms": "60000", "earned_micro": "308334"}]
    assert found["costs"] == [{"entry": "25", "amount_micro": "9007199254740993", "reason": "data"}]
    assert found["intervals"] == {"count": "4", "first": "10", "last": "14"}
    assert found["entries"] == {"count": "5", "first": "20", "last": "31"}
    assert found["log"] == {"size": "3", "root": "ab" * 32}
    assert found["payer"] == {"legal_entity": "Example Ltd", "country": "KE", "relation": "contractor"}
    assert found["rate_cards"][0]["piece_micro"] == "2000000"
    assert found["rate_cards"][0]["bonus_after_ms"] is None
    assert (found["rate_cards"][0]["ms"], found["rate_cards"][0]["earned_micro"]) == ("660000", "3391667")


def test_the_body_is_canonical_and_its_digest_is_fixed() -> None:
    text = body(ISSUE, FACTS)
    assert text.startswith('{"balances_micro":{"earned":"5","payable":"3591567"},"costs":[')
    assert '"title":"Ranking \u00e9"' in text
    assert digest(text) == digest(body(ISSUE, FACTS))
    assert digest("{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_what_is_not_known_is_null_and_never_zero() -> None:
    bare = Facts("w", {}, 0, 0, {}, {"work": 0}, 0, 0, Listed(), Listed())
    issue = Issue("p", "t", "USD", False, "l", STARTS, ENDS, ENDS, {}, 0, "")
    found = document(issue, bare)
    assert (found["payer"], found["floor"], found["log"], found["previous_sha256"]) == (
        None,
        None,
        None,
        None,
    )
    assert found["intervals"] == {"count": "0", "first": None, "last": None}
