"""The notice of what is recorded names every stored column and every value that the scripts send, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.wages.factories import make_user
from wages.models import Beat, GapQuestion, Interval, Release, WorkedHour, WorkerClock
from wages.timekeeping.monitoring import SENT, STORED

SOURCES = Path(__file__).resolve().parents[2] / "frontend" / "src"
MODELS = (Beat, WorkerClock, Interval, WorkedHour, Release, GapQuestion)


@pytest.mark.parametrize("model", MODELS)
def test_every_stored_column_is_described_once_and_nothing_else_is(model: type[Beat]) -> None:
    columns = [field.column for field in model._meta.concrete_fields]
    described = [field.name for kept in STORED if kept.table == model._meta.db_table for field in kept.fields]
    assert described == columns


def test_every_record_of_the_notice_is_a_table() -> None:
    assert [kept.table for kept in STORED] == [model._meta.db_table for model in MODELS]


def _source(path: str) -> str:
    return (SOURCES / path).read_text()


def test_a_beat_sends_what_the_notice_says() -> None:
    found = re.search(r"export interface Beat \{(.*?)\n\}", _source("lib/beats.ts"), re.S)
    assert found is not None
    fields = re.findall(r"^\s*(\w+)\??:", found[1], re.M)
    assert sorted(fields) == sorted(field.name for field in SENT[0].fields)
    composed = re.search(r"const \{ (.*?) \} = beat;", _source("lib/beats.ts"))
    assert composed is not None
    assert (
        "...core" in composed[1] and "focused" in composed[1]
    )  # what is not named is sent; focus says nothing more


def test_the_question_sends_what_the_notice_says() -> None:
    found = re.search(r"const said = \{(.*?)\};", _source("controllers/clock_controller.ts"))
    assert found is not None
    assert set(re.findall(r"(\w+):", found[1])) == {field.name for field in SENT[1].fields}


def test_an_opened_text_sends_what_the_notice_says() -> None:
    sent = re.findall(r'body\.set\("(\w+)"', _source("controllers/clock_controller.ts"))
    assert sorted(sent) == sorted(field.name for field in SENT[2].fields)


def test_the_clock_sends_nothing_anywhere_else() -> None:
    source = _source("controllers/clock_controller.ts")
    targets = re.findall(r'(?:post|sendBeacon|fetch)\(("[^"]+"|[\w.]+)', source)
    assert sorted(set(targets)) == ['"/clock/beat/"', '"/clock/presence/"', "this.beginValue", "url"]


def test_the_server_reads_no_more_than_is_described() -> None:
    source = (SOURCES.parents[1] / "wages" / "views" / "clock.py").read_text()
    read = set(re.findall(r'body\.get\("(\w+)"', source))
    described = {field.name for sent in (*SENT[:2], SENT[3]) for field in sent.fields}
    assert read == described - {"key", "showing"} | {"focused"}


def test_a_kept_button_sends_what_the_notice_says() -> None:
    sent = re.search(r"ask\(\"POST\", letter\.url, \{ (.*?) \}\)", _source("lib/outbox.ts"))
    body = re.search(r'url: "/clock/act/", body: \{ (\w+) \}', _source("controllers/clock_controller.ts"))
    assert sent is not None and body is not None
    names = {part.strip() for part in sent[1].split(",")} - {"...letter.body"} | {body[1]}
    assert names == {field.name for field in SENT[3].fields}


@pytest.mark.django_db
def test_the_page_shows_every_line_of_it(client: Client) -> None:
    client.force_login(make_user())
    page = client.get(reverse("monitoring")).content.decode()
    for kept in STORED:
        for field in kept.fields:
            assert f"<code>{field.name}</code>" in page
    assert client.get(reverse("monitoring"), headers={"accept-language": "en"}).status_code == 200
