"""The offline verifier as a reader runs it: its own process, three inputs, one changed byte at a time."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client

import verify_report
from tests.reports import world
from wages.reports import services
from wages.transparency import notes, selectors
from wages.transparency import services as log
from wages.transparency.canonical import canonical

VERIFIER = settings.BASE_DIR / "verify_report.py"


@dataclass(frozen=True)
class Evidence:
    report: bytes
    proof: str
    vkey: str


@pytest.fixture
def evidence(db: None, client: Client) -> Evidence:
    """A report at index 2 of a log of 5, as downloaded from the site."""
    for number in range(2):
        log.append(kind="other", body={"n": number})
    world.store(world.crew_leaves())
    report = services.publish(actor=None, subject=world.subject(), at=world.AT)
    for number in range(2):
        log.append(kind="other", body={"n": number})
    log.checkpoint()
    where = report.get_absolute_url()[:-1]
    newest = selectors.latest_checkpoint()
    assert newest is not None
    return Evidence(
        client.get(f"{where}.json").content, client.get(f"{where}.proof").content.decode(), newest.verifier
    )


def refusal(evidence: Evidence, **changes: object) -> str:
    """Return the message with which the changed evidence is refused."""
    changed = Evidence(**{**vars(evidence), **changes})
    with pytest.raises(verify_report.Failed) as caught:
        verify_report.verify(changed.report, changed.proof, changed.vkey)
    return str(caught.value)


def lines(evidence: Evidence, change: Callable[[list[str]], object]) -> str:
    changed = evidence.proof.split("\n")
    change(changed)
    return "\n".join(changed)


def line_of(evidence: Evidence, number: int, old: str, new: str) -> str:
    def change(changed: list[str]) -> None:
        assert old in changed[number]
        changed[number] = changed[number].replace(old, new, 1)

    return lines(evidence, change)


def run(folder: Path, evidence: Evidence) -> subprocess.CompletedProcess[str]:
    (folder / "report.json").write_bytes(evidence.report)
    (folder / "report.proof").write_text(evidence.proof)
    command = [sys.executable, "-I", str(VERIFIER), "report.json", "report.proof", evidence.vkey]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_published_report_verifies_outside_the_project(evidence: Evidence, tmp_path: Path) -> None:
    done = run(tmp_path, evidence)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK: helper-small 2026-W47 v1 (sha256 ")
    assert "is entry 2 of the 5" in done.stdout


def test_a_failure_ends_with_exit_1_and_its_reason(evidence: Evidence, tmp_path: Path) -> None:
    changed = evidence.report.replace(b'"14.0"', b'"15.0"', 1)
    done = run(tmp_path, Evidence(changed, evidence.proof, evidence.vkey))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("FAILED: The report was changed, or the proof is for another one")
    missing = subprocess.run(
        [sys.executable, str(VERIFIER), "a", "b", "c"], capture_output=True, cwd=tmp_path, check=False
    )
    assert missing.returncode == 1


def test_the_verifier_imports_nothing_of_ours() -> None:
    source = VERIFIER.read_text()
    assert "django" not in source
    assert (
        "from wages" not in source
        and "import wages" not in source
        and "byhand" not in source.replace("Byhand", "")
    )


def test_a_changed_figure_is_another_report(evidence: Evidence) -> None:
    changed = evidence.report.replace(b'"14.0"', b'"15.0"', 1)
    assert refusal(evidence, report=changed).startswith(
        "The report was changed, or the proof is for another one"
    )


def test_a_reformatted_report_is_not_canonical(evidence: Evidence) -> None:
    pretty = json.dumps(json.loads(evidence.report), indent=2).encode()
    assert "not in canonical form" in refusal(evidence, report=pretty)
    assert "is not JSON" in refusal(evidence, report=evidence.report[:-1])


def test_a_changed_index_does_not_lead_to_the_root(evidence: Evidence) -> None:
    message = refusal(evidence, proof=line_of(evidence, 2, "index 2", "index 3"))
    assert message.startswith("The entry is not in the log")
    assert "outside the checkpoint's tree" in refusal(
        evidence, proof=line_of(evidence, 2, "index 2", "index 5")
    )


def test_a_changed_hash_of_the_path_does_not_lead_to_the_root(evidence: Evidence) -> None:
    digest = bytearray(base64.b64decode(evidence.proof.split("\n")[3]))
    digest[0] ^= 1
    changed = base64.b64encode(digest).decode()
    message = refusal(evidence, proof=lines(evidence, lambda found: found.__setitem__(3, changed)))
    assert message == "The entry is not in the log: the inclusion path does not lead to the signed root."


def test_a_path_that_is_too_short_or_too_long_is_named(evidence: Evidence) -> None:
    assert "too short" in refusal(evidence, proof=lines(evidence, lambda found: found.pop(3)))
    longer = lines(evidence, lambda found: found.insert(3, found[3]))
    assert "too long" in refusal(evidence, proof=longer)


def test_a_forged_entry_that_fits_the_forged_report_is_not_in_the_log(evidence: Evidence) -> None:
    forged = evidence.report.replace(b'"14.0"', b'"15.0"', 1)
    entry = json.loads(base64.b64decode(evidence.proof.split("\n")[1].removeprefix("extra ")))
    entry["body"]["sha256"] = hashlib.sha256(forged).hexdigest()
    extra = "extra " + base64.b64encode(canonical(entry)).decode()
    message = refusal(
        evidence, report=forged, proof=lines(evidence, lambda found: found.__setitem__(1, extra))
    )
    assert message.startswith("The entry is not in the log")


def test_a_changed_root_is_a_changed_checkpoint(evidence: Evidence) -> None:
    place = evidence.proof.split("\n").index("5") + 1
    root = bytearray(base64.b64decode(evidence.proof.split("\n")[place]))
    root[31] ^= 1
    changed = base64.b64encode(root).decode()
    message = refusal(evidence, proof=lines(evidence, lambda found: found.__setitem__(place, changed)))
    assert message.startswith("The checkpoint was changed after it was signed")


def test_a_changed_origin_is_another_log(evidence: Evidence) -> None:
    place = evidence.proof.split("\n").index("5") - 1
    message = refusal(
        evidence, proof=lines(evidence, lambda found: found.__setitem__(place, "evil.example/log"))
    )
    assert message.startswith("The checkpoint is of the log 'evil.example/log'")


def test_a_changed_signature_does_not_fit(evidence: Evidence) -> None:
    *rest, name, blob = evidence.proof[:-1].split(" ")
    raw = bytearray(base64.b64decode(blob))
    raw[40] ^= 1
    changed = " ".join([*rest, name, base64.b64encode(raw).decode()]) + "\n"
    assert refusal(evidence, proof=changed).endswith("does not fit the checkpoint.")
    raw[40] ^= 1
    raw[0] ^= 1
    changed = " ".join([*rest, name, base64.b64encode(raw).decode()]) + "\n"
    assert "unknown key" in refusal(evidence, proof=changed)


def test_a_signature_by_an_unknown_key_beside_the_right_one_fails_unless_allowed(evidence: Evidence) -> None:
    other = notes.sign("x\n", "stranger.example", Ed25519PrivateKey.generate()).split("\n")[2]
    both = f"{evidence.proof}{other}\n"
    assert "unknown key, stranger.example" in refusal(evidence, proof=both)
    assert verify_report.verify(evidence.report, both, evidence.vkey, allow_unknown=True).startswith("OK")


def test_another_key_is_refused(evidence: Evidence) -> None:
    name = evidence.vkey.split("+")[0]
    other = notes.verifier_key(name, Ed25519PrivateKey.generate().public_key())
    assert "unknown key" in refusal(evidence, vkey=other)
    assert "mistyped or changed" in refusal(evidence, vkey=evidence.vkey.replace("/log+", "/lag+"))
    assert "does not have the form" in refusal(evidence, vkey="nothing")


def test_a_second_spelling_of_base64_is_refused(evidence: Evidence) -> None:
    line = evidence.proof.split("\n")[3]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    respelled = line[:-2] + letters[letters.index(line[-2]) | 1] + "="
    changed = lines(evidence, lambda found: found.__setitem__(3, respelled))
    assert "canonical base64" in refusal(evidence, proof=changed)


def test_any_flipped_byte_of_the_proof_is_noticed(evidence: Evidence) -> None:
    data = evidence.proof.encode()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises((verify_report.Failed, UnicodeDecodeError)):
            verify_report.verify(evidence.report, changed.decode(), evidence.vkey)


def test_any_flipped_byte_of_the_report_is_noticed(evidence: Evidence) -> None:
    for place in range(0, len(evidence.report), 29):
        changed = bytearray(evidence.report)
        changed[place] ^= 1
        assert refusal(evidence, report=bytes(changed)) != ""
