from __future__ import annotations

import html

import pytest
from django.test import Client

from wages.transparency import merkle, notes, services, tiles
from wages.transparency.models import Checkpoint, LogLeaf

pytestmark = pytest.mark.usefixtures("rows")


@pytest.fixture
def log() -> list[bytes]:
    """A signed log of 260 entries: one full tile and one of four."""
    for number in range(260):
        services.append(kind="n", body={"n": number})
    services.checkpoint()
    return services.leaf_hashes()


def test_a_reader_with_tiles_alone_recomputes_the_signed_root(client: Client, log: list[bytes]) -> None:
    row = Checkpoint.objects.get()
    note = client.get("/log/checkpoint").content.decode()
    tree = notes.parse_tree(notes.open_note(note, row.verifier))
    data = client.get("/log/tile/0/000").content + client.get("/log/tile/0/001.p/4").content
    hashes = [data[place : place + 32] for place in range(0, len(data), 32)]
    assert (tree.size, merkle.root(hashes)) == (260, tree.root)
    assert client.get("/log/tile/1/000.p/1").content == merkle.root(log[:256])


def test_the_entry_bundles_hold_what_was_hashed(client: Client, log: list[bytes]) -> None:
    data, found = client.get("/log/tile/entries/001.p/4").content, []
    while data:
        length = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    assert [merkle.leaf_hash(entry) for entry in found] == log[256:]
    assert client.get("/log/entries/257").content == found[1]


@pytest.mark.parametrize(
    "address",
    ["/log/tile/0/002", "/log/tile/0/001", "/log/tile/0/001.p/5", "/log/tile/1/000", "/log/tile/0/1", "/log/tile/9/000",
     "/log/tile/entries/001", "/log/tile/entries/x000/000", "/log/entries/260", "/log/proof/260"],
)  # fmt: skip
def test_what_the_signed_tree_does_not_hold_is_not_found(
    client: Client, log: list[bytes], address: str
) -> None:
    assert client.get(address).status_code == 404


def test_entries_that_are_not_signed_yet_are_not_served(client: Client) -> None:
    services.append(kind="n", body={})
    for address in ("/log/checkpoint", "/log/entries/0", "/log/proof/0", "/log/tile/0/000.p/1"):
        assert client.get(address).status_code == 404, address
    assert "Nothing has been logged yet" in client.get("/log/").content.decode()


def test_the_page_shows_the_verifier_key_and_the_checkpoint(client: Client, log: list[bytes]) -> None:
    page = html.unescape(client.get("/log/").content.decode())
    row = Checkpoint.objects.get()
    assert row.verifier in page
    assert row.note in page
    assert "260 n. The newest 50:" in page


def test_a_proof_is_in_the_c2sp_form(client: Client, log: list[bytes]) -> None:
    text = client.get("/log/proof/3").content.decode()
    head, checkpoint = text.split("\n\n", 1)
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 3"
    assert len(lines[3:]) == len(merkle.inclusion_proof(log, 3))
    assert checkpoint == Checkpoint.objects.get().note


def test_asking_changes_no_row_and_signs_nothing(client: Client, log: list[bytes]) -> None:
    services.append(kind="n", body={})
    for address in ("/log/", "/log/checkpoint", "/log/tile/0/000", "/log/entries/0", "/log/proof/0"):
        assert client.get(address).status_code == 200
        assert client.post(address).status_code in {403, 405}
    assert (LogLeaf.objects.count(), Checkpoint.objects.count()) == (261, 1)


def test_what_never_changes_may_be_kept_for_ever_and_a_checkpoint_only_for_a_moment(
    client: Client, log: list[bytes]
) -> None:
    assert "immutable" in client.get("/log/tile/0/000")["Cache-Control"]
    assert client.get("/log/checkpoint")["Cache-Control"] == "public, max-age=5"
    assert tiles.WIDTH == 256
