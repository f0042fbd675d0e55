"""Settlement files: read whole, compared line by line, taken in whole or not at all, and once."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from byhand.accounts.models import InboxMessage
from byhand.errors import NotAllowed
from tests.wages.factories import MONDAY, Shop, after, make_shop
from tests.wages.paid import CLOSED, balances, bank, made, outcome, payday, sent, settlement, work_for
from wages.errors import SettlementRefused
from wages.models import (
    Entry,
    Period,
    Posting,
    Settlement,
    SettlementEvidence,
    SettlementFile,
    UnmatchedSettlement,
)
from wages.paying.files_in import COLUMNS, LARGEST_FILE
from wages.paying.paid_out import is_paid_out
from wages.selectors.payouts import arrival, flow, pay_by_period
from wages.services import outcomes, settling
from wages.services.payout_accounts import set_payout_account
from wages.services.payouts import approve_batch, make_batch
from wages.services.periods import close_period
from wages.services.settling import settle

pytestmark = pytest.mark.django_db
HEADER = ",".join(COLUMNS)


def taken(shop: Shop, content: bytes, **changed: Any) -> SettlementFile:
    values = {"actor": shop.stewards[0], "at": after(days=8), **changed}
    return settle(project_id=shop.project_id, content=content, **values)


def nothing_changed(shop: Shop, before: tuple[int, int, dict[str, int]]) -> None:
    assert before == state(shop)
    assert not SettlementFile.objects.exists() and not SettlementEvidence.objects.exists()
    assert not Settlement.objects.exists()


def state(shop: Shop) -> tuple[int, int, dict[str, int]]:
    return Entry.objects.count(), InboxMessage.objects.count(), balances(shop)


def test_settled_lines_are_received_and_the_fee_is_the_funders() -> None:
    shop = payday(workers=2)
    lines = list(sent(shop).lines.order_by("worker"))
    reservation = balances(shop)["reservation"]
    content = settlement(outcome(lines[0], fee="0.25"), outcome(lines[1], fee="0.10"))
    kept = taken(shop, content)
    found = balances(shop)
    assert (found["worker_received"], found.get("worker_sent")) == (6_180_000, None)
    assert (found["payment_fee"], found["reservation"]) == (350_000, reservation - 350_000)
    assert bytes(kept.evidence.content) == content
    assert Entry.objects.filter(kind="received", key=f"received:{lines[0].key}").count() == 1
    assert Entry.objects.filter(kind="payment_fee").count() == 1


def test_the_same_file_three_times_changes_nothing_more() -> None:
    shop = payday()
    content = settlement(outcome(sent(shop).lines.get(), fee="1.00"))
    assert len({taken(shop, content).pk for _ in range(3)}) == 1
    first = state(shop)
    taken(shop, content, actor=shop.stewards[1])
    assert state(shop) == first
    # another file with the same outcomes, as statements overlap: kept as evidence, nothing posted
    taken(shop, content + b"\r\n")
    assert (state(shop), SettlementFile.objects.count(), Settlement.objects.count()) == (first, 2, 1)


def test_a_failed_payment_goes_back_to_payable_is_told_and_goes_out_again() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    work = Entry.objects.filter(kind="work", interval__worker=shop.worker).first()
    assert work is not None and is_paid_out(work)
    taken(shop, settlement(outcome(line, status="failed", reason="account closed", fee="0.50")))
    found = balances(shop)
    assert (found["worker_payable"], found.get("worker_sent")) == (3_090_000, None)
    assert found["payment_fee"] == 500_000 and not is_paid_out(work)
    told = InboxMessage.objects.order_by("-id")[0]
    assert told.user == shop.worker and "It came back: account closed" in told.body
    again = sent(shop, key="again", at=after(days=8)).lines.get()
    assert (again.amount_micro, again.rounding_micro) == (3_090_000, 0)
    assert is_paid_out(work)


def wrong(**changed: str) -> Any:
    return lambda line: settlement(outcome(line, **changed))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (wrong(key="0" * 32), "line 2: key: no payment of this project."),
        (wrong(key="=1+1"), "line 2: key: 32 characters of 0-9 and a-f, as in the payout file."),
        (wrong(status="paid"), "line 2: status: settled or failed."),
        (wrong(amount="3.08"), "line 2: amount: 3.09 was sent."),
        (wrong(amount="3.083334"), "line 2: amount: '3.083334' has 6 decimals; USD has 2."),
        (
            wrong(amount="1e3"),
            "line 2: amount: '1e3' is not an amount; write digits with a point, such as 18.50.",
        ),
        (wrong(amount="9" * 400), "line 2: amount: '999"),
        (wrong(currency="EUR"), "line 2: currency: USD, as the line was sent."),
        (wrong(fee="-1"), "line 2: fee: '-1' is not an amount"),
        (wrong(settled_on="2026-03-07"), "line 2: settled_on: before it was sent, on 2026-03-09."),
        (wrong(settled_on="2026-03-12"), "line 2: settled_on: a day that has not come yet."),
        (wrong(settled_on="9/3/2026"), "line 2: settled_on: a day such as 2026-11-27."),
        (wrong(settled_on="2026-02-30"), "line 2: settled_on: a day such as 2026-11-27."),
        (wrong(status="failed"), "line 2: reason: why it failed; the worker reads it."),
        (wrong(reference="a\x07b"), "line 2: reference: at most 100 visible characters on one line."),
        (wrong(reason="r" * 201), "line 2: reason: at most 200 visible characters on one line."),
        (lambda line: settlement(outcome(line), outcome(line)), "line 3: key: the same as in line 2."),
        (lambda line: settlement(outcome(line))[:-4] + b',"', "line 2: "),
        (lambda line: settlement(outcome(line)).rstrip() + b",one,more\r\n", "line 2: 8 cells"),
        (lambda _: b"", "line 1: key: this column is missing."),
        (lambda _: HEADER.encode(), "file: it has no line beside its header."),
        (lambda _: HEADER.replace("fee", "fees").encode(), "line 1: fee: this column is missing."),
        (lambda _: f"{HEADER},key".encode(), "line 1: key: this column is there twice."),
        (lambda _: b"\xff\xfe" + HEADER.encode(), "file: not UTF-8 (byte 1)."),
        (lambda _: HEADER.encode() + b"\n\0", "file: it has a NUL character and is no CSV."),
        (lambda _: b"x" * (LARGEST_FILE + 1), "file: at most 2 MB."),
    ],
)
def test_a_bad_cell_is_named_and_the_whole_file_is_refused(content: Any, problem: str) -> None:
    shop = payday()
    line = sent(shop).lines.get()
    before = state(shop)
    with pytest.raises(SettlementRefused) as refused:
        taken(shop, content(line))
    assert any(found.startswith(problem) for found in refused.value.problems), refused.value.problems
    nothing_changed(shop, before)


def test_every_bad_line_is_listed_and_the_good_ones_wait() -> None:
    shop = payday(workers=3)
    one, two, three = sent(shop).lines.order_by("worker")
    before = state(shop)
    with pytest.raises(SettlementRefused) as refused:
        taken(
            shop,
            settlement(
                outcome(one),
                outcome(two, amount="1.00", settled_on="2026-01-01"),
                outcome(three, key="f" * 32),
            ),
        )
    assert refused.value.problems == [
        "line 3: amount: 3.09 was sent.",
        "line 3: settled_on: before it was sent, on 2026-03-09.",
        "line 4: key: no payment of this project.",
    ]
    nothing_changed(shop, before)
    # what matched nothing is remembered, once however often the file comes
    with pytest.raises(SettlementRefused):
        taken(shop, settlement(outcome(three, key="f" * 32)))
    with pytest.raises(SettlementRefused):
        taken(shop, settlement(outcome(three, key="f" * 32)))
    assert list(UnmatchedSettlement.objects.order_by("id").values_list("row", "key", "amount")) == [
        (4, "f" * 32, "3.09"), (2, "f" * 32, "3.09"),
    ]  # fmt: skip


def test_yen_with_cents_are_refused_and_dinars_have_three_decimals() -> None:
    yen, dinars = payday(currency="JPY"), payday(currency="KWD")
    with pytest.raises(SettlementRefused, match="Nothing") as refused:
        taken(yen, settlement(outcome(sent(yen).lines.get(), amount="4.00")))
    assert refused.value.problems == ["line 2: amount: '4.00' has 2 decimals; JPY has 0."]
    line = sent(dinars).lines.get()
    assert outcome(line)["amount"] == "3.084"
    taken(dinars, settlement(outcome(line, fee="0.001")))
    assert (balances(dinars)["worker_received"], balances(dinars)["payment_fee"]) == (3_084_000, 1_000)


def test_another_outcome_of_a_settled_line_is_refused() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    taken(shop, settlement(outcome(line)))
    before = state(shop)
    for changed in ({"status": "failed", "reason": "no"}, {"fee": "1.00"}, {"reference": "other"}):
        with pytest.raises(SettlementRefused) as refused:
            taken(shop, settlement(outcome(line, **changed)))
        assert refused.value.problems == ["line 2: status: settled on 2026-03-09 already, as evidenced."]
    assert (state(shop), SettlementFile.objects.count()) == (before, 1)


def test_lines_of_another_project_and_of_a_draft_match_nothing() -> None:
    shop, other = payday(), payday()
    elsewhere = sent(other).lines.get()
    sent(shop)
    with pytest.raises(SettlementRefused, match="Nothing"):
        taken(shop, settlement(outcome(elsewhere)))
    assert not Settlement.objects.exists()


def test_only_a_steward_and_none_about_their_own_pay() -> None:
    shop = payday()
    set_payout_account(worker=shop.stewards[1], details=bank(), at=MONDAY)
    work_for(shop, shop.stewards[1], begin=after(days=7))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=14))
    third = make_shop().stewards[0]
    third.memberships.update(organisation=shop.organisation)
    batch = make_batch(actor=shop.stewards[0], project_id=shop.project_id, key="k", at=after(days=14))
    approve_batch(actor=third, batch_id=batch.pk, seen_sha256=batch.content_sha256, at=after(days=14))
    line = batch.lines.get(worker=shop.stewards[1])
    content, before = settlement(outcome(line, settled_on="2026-03-16")), state(shop)
    for actor in (shop.engineer, shop.worker):
        with pytest.raises(NotAllowed):
            taken(shop, content, actor=actor, at=after(days=15))
    with pytest.raises(SettlementRefused) as refused:
        taken(shop, content, actor=shop.stewards[1], at=after(days=15))
    assert refused.value.problems == ["line 2: key: your own pay; another steward uploads its evidence."]
    nothing_changed(shop, before)


def test_a_crash_while_a_file_is_taken_in_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = payday()
    content, before = settlement(outcome(sent(shop).lines.get(), fee="1.00")), state(shop)
    for module, broken in ((outcomes, "charge"), (settling, "record")):
        with monkeypatch.context() as patched:
            patched.setattr(module, broken, lambda **_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                taken(shop, content)
        nothing_changed(shop, before)
    taken(shop, content)
    assert balances(shop)["worker_received"] == 3_090_000


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wages_settlement SET status = 'failed'",
        "DELETE FROM wages_settlement",
        "DELETE FROM wages_settlementfile",
        "UPDATE wages_settlementevidence SET content = ''",
        "INSERT INTO wages_settlement (status, fee_micro, settled_on, reference, reason, at, file_id, line_id)"
        " SELECT status, fee_micro, settled_on, reference, reason, at, file_id, line_id FROM wages_settlement",
    ],
)
def test_an_outcome_stands(statement: str) -> None:
    shop = payday()
    taken(shop, settlement(outcome(sent(shop).lines.get())))
    before = list(Settlement.objects.values())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(Settlement.objects.values()) == before


def test_a_line_that_was_not_sent_has_no_outcome_in_the_database_either() -> None:
    shop = payday()
    line = made(shop).lines.get()
    kept = SettlementFile.objects.create(
        project=shop.project, sha256="0" * 64, size=1, uploaded_by=shop.stewards[0]
    )
    with pytest.raises(IntegrityError, match="was not sent"), transaction.atomic():
        Settlement.objects.create(
            line=line, file=kept, status="settled", fee_micro=0, settled_on=CLOSED.date()
        )
    assert not Settlement.objects.exists()


def test_days_to_receipt_lateness_and_what_is_overdue() -> None:
    shop = payday(workers=3)
    one, two, _three = sent(shop).lines.order_by("worker")
    taken(shop, settlement(outcome(one, settled_on="2026-03-10")))
    taken(shop, settlement(outcome(two, settled_on="2026-03-17")), at=after(days=16))
    period = Period.objects.get()
    found = pay_by_period([shop.project_id], at=after(days=14))[period.pk]
    assert (found.payable_micro, found.sent_micro, found.received_micro) == (9_250_002, 9_250_002, 6_166_668)
    assert (sorted(found.days), found.payments, found.late, found.overdue) == ([1, 8], 3, 1, 0)
    later = pay_by_period([shop.project_id], at=after(days=14, milliseconds=1))[period.pk]
    assert later.overdue == 1
    summed = arrival([later])
    assert (summed.p50, summed.p95, summed.received, summed.late, summed.overdue) == (1, 8, 2, 1, 1)
    assert arrival([]).p50 is None
    assert flow(shop.project_id).received_micro == 6_180_000


def test_the_files_of_a_spreadsheet_with_a_mark_and_other_line_ends_are_read() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    rows = list(csv.DictReader(io.StringIO(settlement(outcome(line)).decode())))
    names = list(reversed(COLUMNS))
    text = "\n".join([",".join(names), ",".join(rows[0][name] for name in names)])
    taken(shop, b"\xef\xbb\xbf" + text.encode())
    assert balances(shop)["worker_received"] == 3_090_000
    assert Posting.objects.filter(entry__kind="received").count() == 2
