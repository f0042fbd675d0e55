from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.apps import apps
from django.test import Client

from tests.reports import world
from wages.reports import services
from wages.reports.models import PublishedReport
from wages.transparency import keys
from wages.transparency import services as log
from wages.transparency.models import Checkpoint

pytestmark = pytest.mark.usefixtures("rows")
HOSTILE = "<script>alert(1)</script> \"quoted\" & 'more' {{ settings.SECRET_KEY }}"


def published(crew: int = 6, **changes: Any) -> PublishedReport:
    leaves = world.crew_leaves(crew, simulated=changes.get("simulated", False))
    world.store(
        leaves,
        simulated=changes.get("simulated", False),
        title=changes.pop("project_title", "Helpful answers"),
    )
    subject = world.subject(direct_work=world.direct_of(leaves), **changes)
    report = services.publish(actor=None, subject=subject, at=world.AT)
    log.checkpoint()
    return report


def cells(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "status" in value:
            yield value
        for inner in value.values():
            yield from cells(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from cells(inner)


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return html.unescape(response.content.decode())


def test_the_json_is_the_exact_logged_bytes(client: Client) -> None:
    report = published()
    response = client.get(f"{report.get_absolute_url()[:-1]}.json")
    assert response.content == bytes(report.document)
    assert response["Content-Type"] == "application/json"


def test_the_served_schema_describes_the_served_report(client: Client) -> None:
    report = published()
    schema = json.loads(client.get("/schema/labor-report/v1.json").content)
    document = json.loads(client.get(f"{report.get_absolute_url()[:-1]}.json").content)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_the_first_line_says_what_is_covered_and_what_is_not(client: Client) -> None:
    page = text_of(client, published().get_absolute_url())
    assert "<strong>Covers work recorded here.</strong>" in page
    assert (
        "Not covered: pretraining of tiny base (authors, annotators, energy: unknown), work outside Byhand, "
        "hardware." in page
    )
    assert "Audited by</dt><dd>nobody" in page
    assert "Log witnessed by</dt><dd>nobody" in page


@pytest.mark.parametrize("crew", [3, 6, 12])
def test_the_page_shows_every_cell_of_the_json_and_no_other_value(client: Client, crew: int) -> None:
    report = published(crew)
    page, document = text_of(client, report.get_absolute_url()), json.loads(bytes(report.document))
    for cell in cells(document):
        if cell["status"] == "known":
            assert f'value="{cell["value"]}"' in page, cell
        else:
            assert cell["reason"] in page, cell
    shown = page.count('<data class="cell__value"')
    assert shown == sum(cell["status"] == "known" for cell in cells(document))


@pytest.mark.parametrize("number", ["7.00", "126", "420", "480", "0.41"])
def test_a_crew_of_three_has_no_totals_on_the_page(client: Client, number: str) -> None:
    """420 minutes, 7 h, USD 126, 480 rankings, a gate's gain: none of it is anywhere."""
    page = text_of(client, published(3).get_absolute_url())
    assert f">{number}<" not in page
    assert f'value="{number}"' not in page
    assert "fewer than 5" in page


def test_negative_control_the_same_numbers_are_there_for_a_crew_of_five(client: Client) -> None:
    page = text_of(client, published(5).get_absolute_url())
    for number in ("11.7", "210", "480"):
        assert f'value="{number}"' in page


def test_no_worker_and_no_piece_of_work_is_in_any_form(client: Client) -> None:
    report = published()
    for address in (
        report.get_absolute_url(),
        f"{report.get_absolute_url()[:-1]}.json",
        "/reports/",
        "/log/",
    ):
        page = text_of(client, address)
        assert "rank:" not in page
        for number in range(6):
            assert f"{number:032x}" not in page


def test_hostile_texts_are_escaped_everywhere(client: Client) -> None:
    step = world.Step("ppo", HOSTILE, "a2" * 32, HOSTILE)
    report = published(
        title=HOSTILE, project_title=HOSTILE, base=world.Base(HOSTILE, "", HOSTILE), runs=(step,),
        not_known=(HOSTILE,), counts={HOSTILE: 3}, guidelines={HOSTILE: HOSTILE}, files={HOSTILE: "d1" * 32},
        gates=(world.Gate(HOSTILE, True, {HOSTILE: HOSTILE}),),
    )  # fmt: skip
    for address in ("/reports/", f"/reports/{report.slug}/", report.get_absolute_url()):
        raw = client.get(address).content.decode()
        assert "<script>alert" not in raw
        assert "&lt;script&gt;alert(1)" in raw
        assert "{{ settings.SECRET_KEY }}" in html.unescape(raw)


def test_simulated_is_loud_on_the_report_and_counted_apart_on_the_index(client: Client) -> None:
    report = published(simulated=True)
    for address in (report.get_absolute_url(), f"/reports/{report.slug}/"):
        assert "No person did this work and nobody was paid." in text_of(client, address)
    index = text_of(client, "/reports/")
    assert "1 simulated model, counted apart." in index
    assert "No report about work by people has been published here yet." in index
    assert json.loads(bytes(report.document))["simulated"] is True


def test_an_old_version_stays_and_says_what_superseded_it(client: Client) -> None:
    old = published()
    subject = world.subject(title="Helper small, renamed")
    new = services.publish(actor=None, subject=subject, at=world.AT)
    page = text_of(client, old.get_absolute_url())
    assert "There is a newer version." in page
    assert new.get_absolute_url() in page
    listing = text_of(client, f"/reports/{old.slug}/")
    assert old.get_absolute_url() in listing
    assert new.get_absolute_url() in listing


def test_the_page_names_the_command_that_checks_it(client: Client, settings: Any) -> None:
    report = published()
    page = text_of(client, report.get_absolute_url())
    verifier = Checkpoint.objects.get().verifier
    assert f"python3 verify_report.py report.json report.proof '{verifier}'" in page
    assert f"curl -o report.json {settings.SITE_URL}{report.get_absolute_url()[:-1]}.json" in page


@pytest.mark.parametrize(
    "address",
    ["/reports/none/", "/reports/helper-small/2026-W47/v2/", "/reports/helper-small/2026-W48/v1/", "/methods/2/",
     "/reports/helper-small/2026-W47/v2.json", "/reports/helper-small/2026-W47/v2.proof",
     "/reports/helper-small/2026-W47/v0/"],
)  # fmt: skip
def test_what_was_never_published_is_not_found(client: Client, address: str) -> None:
    published()
    assert client.get(address).status_code == 404


def test_a_get_changes_no_row_and_signs_nothing(client: Client, settings: Any) -> None:
    report = published()
    services.publish(actor=None, subject=world.subject(title="not signed yet"), at=world.AT)
    before, kept = counts(), keys.published_path(settings.LOG_KEY_FILE).read_bytes()
    where = report.get_absolute_url()
    for address in (
        "/reports/", f"/reports/{report.slug}/", where, f"{where[:-1]}.json", f"{where[:-1]}.proof", "/methods/1/",
        "/schema/labor-report/v1.json", "/verify_report.py", "/log/", "/log/checkpoint", "/log/proof/0",
        "/log/entries/0", "/log/tile/0/000.p/1", "/log/tile/entries/000.p/1",
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
        assert client.post(address).status_code in {403, 405}, address
    assert counts() == before
    assert keys.published_path(settings.LOG_KEY_FILE).read_bytes() == kept


def test_a_report_that_is_not_signed_yet_says_so_and_has_no_proof(client: Client) -> None:
    leaves = world.crew_leaves()
    world.store(leaves)
    report = services.publish(actor=None, subject=world.subject(), at=world.AT)
    assert "The log has not signed this entry yet." in text_of(client, report.get_absolute_url())
    assert client.get(f"{report.get_absolute_url()[:-1]}.proof").status_code == 404
    assert client.get("/log/").status_code == 200
    assert client.get("/log/checkpoint").status_code == 404


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}
