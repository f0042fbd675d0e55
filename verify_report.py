#!/usr/bin/env python3
"""Check a published labor report offline: python verify_report.py REPORT.json PROOF VKEY
or a worker's own bundle of everything: python verify_report.py --bundle BUNDLE.zip [VKEY]

One file, no Byhand code: the standard library and `cryptography` are enough. It checks that

1. the report is canonical JSON (RFC 8785), so that there is one way to write it and one hash;
2. the proof's log entry names exactly that hash;
3. the entry is in the log: the Merkle path leads from it to the root in the checkpoint (RFC 6962);
4. the checkpoint is signed by the key you gave (C2SP signed note, Ed25519).

It proves that the report has not changed since it was logged. It does not prove that what was entered is
true.

Of a bundle it checks that no file was changed, that intervals do not overlap and add up to pay by the formula
ceil(ms x rate / 3,600,000), that each is posted once, that entries balance, that what was earned in a closed period
became payable and is what the statement says, and that the person's leaves of the period are under its logged root.
Get VKEY, and best this file too, from somewhere else than the site that you are checking.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER = "c2sp.org/tlog-proof@v1"
SCHEMA = "labor-report/v1"
BUNDLE_SCHEMA = "worker-bundle/v1"
MARK = "— "


class Failed(Exception):
    """The check failed; the message says which one."""


@dataclass(frozen=True)
class Key:
    name: str
    identifier: bytes
    public: Ed25519PublicKey


@dataclass(frozen=True)
class Proof:
    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes
    signed_text: bytes
    signature_lines: tuple[str, ...]


def canonical(value: Any) -> str:
    """Write JSON the one way RFC 8785 allows. Floats have no place in these files."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, float):
        raise Failed("a number with a fraction has no place in these files")
    return json.dumps(value, ensure_ascii=False)


def read_canonical(data: bytes, what: str) -> Any:
    try:
        value = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise Failed(f"{what} is not JSON: {error}") from error
    if canonical(value).encode("utf-8", "surrogatepass") != data:
        raise Failed(f"{what} is JSON, but not in canonical form: a byte was added, removed or changed.")
    return value


def decode(text: str, what: str) -> bytes:
    """Decode base64 and encode it again: a second spelling of the same bytes is a change, too."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Failed(f"{what} is not base64.") from error
    if base64.b64encode(raw).decode() != text:
        raise Failed(f"{what} is not in the one canonical base64 spelling.")
    return raw


def decimal(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and str(int(text)) == text):
        raise Failed(f"{what} is not a plain number: {text!r}.")
    return int(text)


def read_key(text: str) -> Key:
    name, first, rest = text.strip().partition("+")
    identifier, second, encoded = rest.partition("+")
    raw = decode(encoded, "The verifier key") if name and first and second else b""
    if len(raw) != 33 or raw[0] != 1:
        raise Failed("The verifier key does not have the form name+id+key of an Ed25519 key.")
    if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != identifier:
        raise Failed("The verifier key's id does not fit its name and key: it was mistyped or changed.")
    return Key(name, bytes.fromhex(identifier), Ed25519PublicKey.from_public_bytes(raw[1:]))


def read_proof(text: str) -> Proof:
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != HEADER:
        raise Failed(f"The proof file does not begin with {HEADER!r}.")
    if not gap or len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Failed("The proof file lacks its extra line, its index line or its checkpoint.")
    path = tuple(
        decode(line, f"Line {number} of the proof") for number, line in enumerate(lines[3:], start=4)
    )
    if any(len(digest) != 32 for digest in path):
        raise Failed("A hash of the inclusion path is not 32 bytes long.")
    entry = decode(lines[1][6:], "The log entry in the proof")
    return Proof(entry, decimal(lines[2][6:], "The proof's index"), path, checkpoint)


def read_checkpoint(note: str) -> Checkpoint:
    text, gap, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) != 3 or not lines[0] or not signatures.endswith("\n"):
        raise Failed("The checkpoint is not three lines, an empty line and signatures.")
    root = decode(lines[2], "The root in the checkpoint")
    if len(root) != 32:
        raise Failed("The root in the checkpoint is not 32 bytes long.")
    size = decimal(lines[1], "The tree size in the checkpoint")
    return Checkpoint(lines[0], size, root, f"{text}\n".encode(), tuple(signatures[:-1].split("\n")))


def signature_fits(checkpoint: Checkpoint, key: Key, allow_unknown: bool) -> bool:
    """Say whether the key's signature fits the text; Failed if it is not there, or another one is."""
    fits: bool | None = None
    for line in checkpoint.signature_lines:
        name, space, encoded = line.removeprefix(MARK).partition(" ")
        if not line.startswith(MARK) or not space:
            raise Failed(f"Not a signature line: {line!r}.")
        blob = decode(encoded, f"The signature of {name}")
        if (name, blob[:4]) != (key.name, key.identifier):
            if not allow_unknown:
                raise Failed(
                    f"The checkpoint carries a signature by an unknown key, {name} {blob[:4].hex()}."
                )
            continue
        try:
            key.public.verify(blob[4:], checkpoint.signed_text)
            fits = fits is not False
        except InvalidSignature:
            fits = False
    if fits is None:
        raise Failed(f"The checkpoint is not signed by {key.name}.")
    return fits


def root_from_path(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to (RFC 9162, 2.1.3.2)."""
    if index >= size:
        raise Failed(f"The proof's index {index} is outside the checkpoint's tree of {size}.")
    digest, node, last = hashlib.sha256(b"\x00" + entry).digest(), index, size - 1
    for sibling in path:
        if last == 0:
            raise Failed("The inclusion path is too long for its index and tree size.")
        if node & 1 or node == last:
            digest = hashlib.sha256(b"\x01" + sibling + digest).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = hashlib.sha256(b"\x01" + digest + sibling).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise Failed("The inclusion path is too short for its index and tree size.")
    return digest


def check_report(report: bytes, entry: bytes) -> dict[str, Any]:
    """Check that the log entry is about exactly these bytes; return the report's own heading."""
    document = read_canonical(report, "The report")
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise Failed(f"The report does not say that it is a {SCHEMA}.")
    logged = read_canonical(entry, "The log entry in the proof")
    if not isinstance(logged, dict) or logged.get("kind") != "report":
        raise Failed("The log entry in the proof is not about a report.")
    body, digest = logged.get("body"), hashlib.sha256(report).hexdigest()
    if not isinstance(body, dict) or body.get("sha256") != digest:
        named = body.get("sha256") if isinstance(body, dict) else None
        raise Failed(
            f"The report was changed, or the proof is for another one: its hash is {digest}, the log has "
            f"{named}."
        )
    heading: dict[str, Any] = document["report"]
    if any(body.get(name) != heading.get(name) for name in ("slug", "period", "version")):
        raise Failed("The log entry gives the report another name, period or version than the report itself.")
    return heading


def verify(report: bytes, proof_text: str, vkey: str, *, allow_unknown: bool = False) -> str:
    """Return one sentence about what was proven; raises Failed with what was not."""
    key, proof = read_key(vkey), read_proof(proof_text)
    checkpoint = read_checkpoint(proof.checkpoint)
    heading = check_report(report, proof.entry)
    if checkpoint.origin != key.name:
        raise Failed(f"The checkpoint is of the log {checkpoint.origin!r}; your key is for {key.name!r}.")
    fits = signature_fits(checkpoint, key, allow_unknown)
    leads = root_from_path(proof.entry, proof.index, checkpoint.size, proof.path) == checkpoint.root
    if not fits and not leads:
        raise Failed(
            "The checkpoint was changed after it was signed: neither its signature nor the path fits it."
        )
    if not fits:
        raise Failed(f"The signature of {key.name} does not fit the checkpoint.")
    if not leads:
        raise Failed("The entry is not in the log: the inclusion path does not lead to the signed root.")
    name = f"{heading['slug']} {heading['period']} v{heading['version']}"
    return (
        f"OK: {name} (sha256 {hashlib.sha256(report).hexdigest()}) is entry {proof.index} of the "
        f"{checkpoint.size} "
        f"that {key.name} has signed. It has not changed since. That what was entered is true is another "
        f"question."
    )


class Bundle:
    """A worker's own bundle. Every refusal names the file and, where there is one, the row."""

    def __init__(self, path: Path) -> None:
        try:
            self.archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise Failed(f"{path}: not a ZIP file that can be read: {error}") from error
        self.names = set(self.archive.namelist())
        self.manifest = self._sealed()

    def read(self, name: str) -> bytes:
        try:
            return self.archive.read(name)
        except (KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise Failed(f"{name}: missing or damaged: {error}") from error

    def _sealed(self) -> dict[str, Any]:
        raw = self.read("manifest.json")
        if self.read("manifest.sha256") != f"{hashlib.sha256(raw).hexdigest()}  manifest.json\n".encode():
            raise Failed("manifest.json: its hash is not the one in manifest.sha256.")
        manifest = json.loads(raw)
        if manifest.get("schema") != BUNDLE_SCHEMA:
            raise Failed(f"manifest.json: does not say that it is a {BUNDLE_SCHEMA}.")
        if unlisted := self.names - set(manifest["files"]) - {"manifest.json", "manifest.sha256"}:
            raise Failed(f"{min(unlisted)}: not listed in manifest.json.")
        return cast(dict[str, Any], manifest)

    def check_files(self) -> None:
        for name, entry in self.manifest["files"].items():
            if hashlib.sha256(self.read(name)).hexdigest() != entry["sha256"]:
                raise Failed(f"{name}: was changed; its hash is not the one in manifest.json.")

    def rows(self, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each row of a file of JSON lines with the words that name it."""
        for number, line in enumerate(self.read(name).splitlines(), start=1):
            try:
                yield f"{name}, row {number}", json.loads(line)
            except ValueError as error:
                raise Failed(f"{name}, row {number}: not JSON: {error}") from error


def milliseconds(begin: str, end: str) -> int:
    length = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return length // timedelta(milliseconds=1)


def check_time(bundle: Bundle) -> dict[int, int]:
    """Check intervals and accruals; return what each interval earned."""
    earned: dict[int, int] = {}
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    worked: list[tuple[datetime, datetime, str]] = []
    for where, row in bundle.rows("wages/intervals.jsonl"):
        begin, end = row["period"]
        if row["ms"] <= 0 or milliseconds(begin, end) != row["ms"]:
            raise Failed(f"{where}: {row['ms']} ms is not the time from {begin} to {end}.")
        if row["category"] not in {"break", "unknown"}:
            worked.append((datetime.fromisoformat(begin), datetime.fromisoformat(end), where))
        earned[row["id"]] = row["earned_micro"]
        if row["rate_card_id"] is not None:
            total = sums[row["pay_period_id"], row["rate_card_id"]]
            total[0], total[1] = total[0] + row["ms"], total[1] + row["earned_micro"]
        elif row["earned_micro"]:
            raise Failed(f"{where}: earned something without a rate card.")
    worked.sort()
    for (_, end_before, before), (begin_next, _, where) in pairwise(worked):
        if begin_next < end_before:
            raise Failed(f"{where}: overlaps {before}.")
    rates = {row["id"]: row["hourly_micro"] for _, row in bundle.rows("wages/rate_cards.jsonl")}
    for where, row in bundle.rows("wages/accruals.jsonl"):
        ms, micro = sums.pop((row["period_id"], row["rate_card_id"]), [0, 0])
        by_formula = -(-row["total_ms"] * rates[row["rate_card_id"]] // 3_600_000)
        if row["total_ms"] != ms or row["earned_micro"] - row["pieces_micro"] != micro:
            raise Failed(f"{where}: says {row['total_ms']} ms and {row['earned_micro']} micro-units; its intervals "
                         f"are {ms} ms and {micro}.")  # fmt: skip
        if micro != by_formula:
            raise Failed(f"{where}: {ms} ms pay {by_formula} micro-units by the formula, not {micro}.")
    for (period, card), (ms, _) in sums.items():
        raise Failed(f"wages/accruals.jsonl: nothing for {ms} ms of period {period} under rate card {card}.")
    return earned


def check_entries(bundle: Bundle, earned: dict[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """Check that entries balance and pay each interval once; return earned left and payable by period."""
    left: dict[int, int] = defaultdict(int)
    payable: dict[int, int] = defaultdict(int)
    unpaid = {number: micro for number, micro in earned.items() if micro}
    for where, row in bundle.rows("wages/entries.jsonl"):
        sums: dict[str, int] = defaultdict(int)
        by_kind: dict[str, int] = defaultdict(int)
        for leg in row["postings"]:
            sums[leg["currency"]] += leg["amount_micro"]
            by_kind[leg["account__kind"]] += leg["amount_micro"]
        if len(row["postings"]) < 2 or any(sums.values()):
            raise Failed(f"{where}: its postings do not add up to zero.")
        if row["kind"] == "work" and unpaid.pop(row["interval_id"], None) != by_kind["worker_earned"]:
            raise Failed(
                f"{where}: pays interval {row['interval_id']} another amount than it earned, or twice."
            )
        left[row["pay_period_id"] or 0] += by_kind["worker_earned"]
        if row["kind"] == "period":
            payable[row["pay_period_id"]] += by_kind["worker_payable"]
    for number, micro in unpaid.items():
        raise Failed(f"wages/entries.jsonl: nothing posts the {micro} micro-units of interval {number}.")
    return left, payable


def check_statements(bundle: Bundle, left: dict[int, int], payable: dict[int, int]) -> int:
    """Check that closed periods left nothing behind and that statements say what became payable; return how many."""
    for where, row in bundle.rows("wages/periods.jsonl"):
        if row["closed_at"] and left.get(row["id"]):
            raise Failed(f"{where}: closed, but {left[row['id']]} micro-units were not moved to payable.")
    statements = list(bundle.rows("wages/statements.jsonl"))
    for where, row in statements:
        name = f"wages/statements/{row['id']}.json"
        body = bundle.read(name)
        if hashlib.sha256(body).hexdigest() != row["sha256"]:
            raise Failed(f"{name}: its hash is not the one in {where}.")
        said = read_canonical(body, name)
        if row["payable_micro"] != payable.get(row["period_id"], 0):
            raise Failed(f"{where}: says {row['payable_micro']} micro-units are payable; the entries of period "
                         f"{row['period_id']} say {payable.get(row['period_id'], 0)}.")  # fmt: skip
        if int(said.get("total_micro", row["payable_micro"])) != row["payable_micro"]:
            raise Failed(f"{name}: its total is not the {row['payable_micro']} micro-units of {where}.")
    return len(statements)


def check_slices(bundle: Bundle, payable: dict[int, int], key: Key | None) -> tuple[int, int]:
    """Check the leaves of closed periods against their roots and the log; return how many periods and logged ones."""
    roots = {row["id"]: row for _, row in bundle.rows("wages/periods.jsonl")}
    names = sorted(name for name in bundle.names if name.startswith("log/period-") and name.endswith(".json"))
    logged = 0
    for name in names:
        part = json.loads(bundle.read(name))
        period = roots[part["period"]]
        if any(part[field] != period[field] for field in ("root", "label")):
            raise Failed(f"{name}: its root or label is not that of period {part['period']}.")
        for number, leaf in enumerate(part["leaves"], start=1):
            path = [bytes.fromhex(step) for step in leaf["path"]]
            salted = bytes.fromhex(leaf["salt"]) + leaf["body"].encode()
            if root_from_path(salted, leaf["position"], part["size"], path).hex() != part["root"]:
                raise Failed(f"{name}, leaf {number}: its path does not lead to the period's root.")
        sliced = sum(int(json.loads(leaf["body"])["earned_micro"]) for leaf in part["leaves"])
        if sliced != payable.get(part["period"], 0):
            raise Failed(
                f"{name}: its leaves earn {sliced} micro-units, the entries {payable.get(part['period'], 0)}."
            )
        proof = name.removesuffix(".json") + ".proof"
        if proof in bundle.names:
            check_logged(bundle.read(proof).decode(), part, proof, key)
            logged += 1
    return len(names), logged


def check_logged(text: str, part: dict[str, Any], name: str, key: Key | None) -> None:
    proof = read_proof(text)
    checkpoint, entry = read_checkpoint(proof.checkpoint), read_canonical(proof.entry, name)
    body = entry["body"]
    if entry["kind"] != "period" or any(body[f] != part[f] for f in ("root", "label", "project")):
        raise Failed(f"{name}: the log entry is about another period.")
    if root_from_path(proof.entry, proof.index, checkpoint.size, proof.path) != checkpoint.root:
        raise Failed(f"{name}: the entry's path does not lead to the checkpoint's root.")
    if key is not None and (checkpoint.origin != key.name or not signature_fits(checkpoint, key, False)):
        raise Failed(f"{name}: the checkpoint is not signed by {key.name}.")


def verify_bundle(path: Path, vkey: str | None = None) -> str:
    """Return one sentence about what was proven of a bundle; raises Failed with the file and row that fails."""
    key = read_key(vkey) if vkey else None
    try:
        bundle = Bundle(path)
        bundle.check_files()
        earned = check_time(bundle)
        left, payable = check_entries(bundle, earned)
        statements = check_statements(bundle, left, payable)
        periods, logged = check_slices(bundle, payable, key)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failed(f"The bundle is not as it should be: {type(error).__name__}: {error}") from error
    signed = f"signed by {key.name}" if key else "not checked for its signature: no key was given"
    return (
        f"OK: {len(bundle.manifest['files'])} files, {len(earned)} intervals that pay {sum(earned.values())} "
        f"micro-units, {statements} statements, {periods} closed periods under their roots, {logged} of them in the "
        f"log, {signed}."
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Check a published labor report, or one's own bundle, offline."
    )
    parser.add_argument("--bundle", type=Path, help="a worker's own bundle; then only VKEY may follow")
    parser.add_argument("report", nargs="?", help="the report as JSON, byte for byte as downloaded")
    parser.add_argument("proof", nargs="?", type=Path, help="its proof file")
    parser.add_argument("vkey", nargs="?", help="the log's verifier key: name+id+key")
    parser.add_argument(
        "--allow-unknown-signatures", action="store_true", help="ignore signatures by keys other than VKEY"
    )
    arguments = parser.parse_args()
    if (arguments.bundle is None) != (arguments.vkey is not None) or (arguments.bundle and arguments.proof):
        parser.error("give REPORT PROOF VKEY, or --bundle BUNDLE.zip [VKEY]")
    try:
        if arguments.bundle is not None:
            print(verify_bundle(arguments.bundle, arguments.report))  # noqa: T201
            return 0
        proof = arguments.proof.read_bytes().decode("utf-8")
        allowed = arguments.allow_unknown_signatures
        print(verify(Path(arguments.report).read_bytes(), proof, arguments.vkey, allow_unknown=allowed))  # noqa: T201
    except OSError as error:
        print(f"FAILED: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except UnicodeDecodeError:
        print("FAILED: The proof file is not UTF-8 text.", file=sys.stderr)  # noqa: T201
        return 1
    except Failed as error:
        print(f"FAILED: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
