"""A worker's bundle of everything: it verifies offline, every changed byte is found, and nobody else is in it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

import verify_report
from byhand.accounts.models import InboxMessage
from tests.rights.world import closed_world, signed, write

pytestmark = pytest.mark.django_db

Files = dict[str, bytes]


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str]:
    shop, _other, _period = closed_world()
    InboxMessage.objects.create(user=shop.worker, subject="Hello", body="a message of their own")
    vkey = signed()
    return write(shop.worker, tmp_path), vkey


def read(path: Path) -> Files:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def repacked(files: Files, path: Path, *, seal: bool = False) -> Path:
    """Write a bundle again; `seal`: with a manifest that fits, as somebody would who wants to deceive."""
    if seal:
        manifest = json.loads(files["manifest.json"])
        for name in manifest["files"]:
            manifest["files"][name]["sha256"] = hashlib.sha256(files[name]).hexdigest()
        raw = json.dumps(manifest).encode()
        files["manifest.json"] = raw
        files["manifest.sha256"] = f"{hashlib.sha256(raw).hexdigest()}  manifest.json\n".encode()
    path.unlink(missing_ok=True)
    with zipfile.ZipFile(path, "x") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


def test_the_bundle_verifies_offline_in_a_process_of_its_own(made: tuple[Path, str]) -> None:
    path, vkey = made
    program = [sys.executable, "-I", str(settings.BASE_DIR / "verify_report.py"), "--bundle", str(path)]
    with_key = subprocess.run([*program, vkey], capture_output=True, text=True, check=False)
    assert (with_key.returncode, with_key.stderr) == (0, "")
    assert (
        "1 statements, 1 closed periods under their roots, 1 of them in the log, signed by" in with_key.stdout
    )
    without = subprocess.run(program, capture_output=True, text=True, check=False)
    assert without.returncode == 0
    assert "not checked for its signature" in without.stdout


def test_a_changed_byte_in_any_file_is_found_and_the_file_is_named(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    files = read(made[0])
    assert len(files) > 25
    for name, data in files.items():
        if not data:
            continue
        place = len(data) // 2
        changed = files | {name: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]}
        with pytest.raises(verify_report.Failed, match=name.replace("manifest.sha256", "manifest.json")):
            verify_report.verify_bundle(repacked(changed, tmp_path / "changed.zip"), made[1])


def test_a_file_that_is_missing_or_new_is_named(made: tuple[Path, str], tmp_path: Path) -> None:
    files = read(made[0])
    missing = {name: data for name, data in files.items() if name != "wages/entries.jsonl"}
    with pytest.raises(verify_report.Failed, match=r"wages/entries\.jsonl: missing"):
        verify_report.verify_bundle(repacked(missing, tmp_path / "missing.zip"))
    more = files | {"wages/more.jsonl": b"{}\n"}
    with pytest.raises(verify_report.Failed, match=r"wages/more\.jsonl: not listed"):
        verify_report.verify_bundle(repacked(more, tmp_path / "more.zip"))


def rows(files: Files, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[name].splitlines()]


def with_rows(files: Files, name: str, found: list[dict[str, Any]]) -> Files:
    return files | {name: b"".join(json.dumps(row).encode() + b"\n" for row in found)}


def change(name: str, number: int, **values: Any) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        found = rows(files, name)
        found[number] |= values
        return with_rows(files, name, found)

    return changed


def overlap(files: Files) -> Files:
    found = rows(files, "wages/intervals.jsonl")
    copied = found[0] | {"id": 10**9, "earned_micro": 0, "rate_card_id": None}
    return with_rows(files, "wages/intervals.jsonl", [*found, copied])


def drop_a_posting(files: Files) -> Files:
    found = rows(files, "wages/entries.jsonl")
    found[0]["postings"].pop()
    return with_rows(files, "wages/entries.jsonl", found)


def drop_an_entry(files: Files) -> Files:
    return with_rows(files, "wages/entries.jsonl", rows(files, "wages/entries.jsonl")[1:])


def another_salt(files: Files) -> Files:
    name = next(name for name in files if name.startswith("log/period-") and name.endswith(".json"))
    part = json.loads(files[name])
    part["leaves"][0]["salt"] = "00" * 32
    return files | {name: json.dumps(part).encode()}


def another_body(files: Files) -> Files:
    name = next(name for name in files if name.startswith("wages/statements/"))
    return files | {name: files[name].replace(b"pay statement", b"Pay statement", 1)}


def fewer_leaves(files: Files) -> Files:
    name = next(name for name in files if name.startswith("log/period-") and name.endswith(".json"))
    part = json.loads(files[name])
    part["leaves"].sort(key=lambda leaf: int(json.loads(leaf["body"])["earned_micro"]))
    part["leaves"].pop()  # one that earned something: they stand in random order
    return files | {name: json.dumps(part).encode()}


@pytest.mark.parametrize(
    ("deceive", "message"),
    [
        (change("wages/intervals.jsonl", 1, ms=1), r"wages/intervals\.jsonl, row 2: 1 ms is not the time"),
        (overlap, r"wages/intervals\.jsonl, row \d+: overlaps wages/intervals\.jsonl, row 1"),
        (change("wages/accruals.jsonl", 0, total_ms=5), r"wages/accruals\.jsonl, row 1: says 5 ms"),
        (
            change("wages/rate_cards.jsonl", 0, hourly_micro=1),
            r"wages/accruals\.jsonl, row 1: .* by the formula",
        ),
        (drop_a_posting, r"wages/entries\.jsonl, row 1: its postings do not add up to zero"),
        (drop_an_entry, r"wages/entries\.jsonl: nothing posts the \d+ micro-units of interval"),
        (
            change("wages/entries.jsonl", 1, interval_id=5),
            r"wages/entries\.jsonl, row 2: pays interval 5 another",
        ),
        (
            change("wages/statements.jsonl", 0, payable_micro=1),
            r"wages/statements\.jsonl, row 1: says 1 micro",
        ),
        (
            another_body,
            r"wages/statements/\d+\.json: its hash is not the one in wages/statements\.jsonl, row 1",
        ),
        (change("wages/periods.jsonl", 0, root="00" * 32), r"log/period-\d+\.json: its root or label"),
        (fewer_leaves, r"log/period-\d+\.json: its leaves earn"),
        (another_salt, r"log/period-\d+\.json, leaf 1: its path does not lead"),
        (change("wages/intervals.jsonl", 0, ms="x"), r"not as it should be"),
    ],
)
def test_what_does_not_add_up_is_named_even_under_a_manifest_that_fits(
    made: tuple[Path, str], tmp_path: Path, deceive: Callable[[Files], Files], message: str
) -> None:
    path = repacked(deceive(read(made[0])), tmp_path / "deceiving.zip", seal=True)
    with pytest.raises(verify_report.Failed, match=message):
        verify_report.verify_bundle(path, made[1])


def test_another_key_does_not_fit(made: tuple[Path, str]) -> None:
    with pytest.raises(verify_report.Failed):
        verify_report.verify_bundle(made[0], made[1].replace("localhost", "elsewhere"))
