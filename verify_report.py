#!/usr/bin/env python3
"""Check a published labor report offline: python verify_report.py REPORT.json PROOF VKEY

One file, no Byhand code: the standard library and `cryptography` are enough. It checks that

1. the report is canonical JSON (RFC 8785), so that there is one way to write it and one hash;
2. the proof's log entry names exactly that hash;
3. the entry is in the log: the Merkle path leads from it to the root in the checkpoint (RFC 6962);
4. the checkpoint is signed by the key you gave (C2SP signed note, Ed25519).

It proves that the report has not changed since it was logged. It does not prove that what was entered is
true.
Get VKEY, and best this file too, from somewhere else than the site that you are checking.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER = "c2sp.org/tlog-proof@v1"
SCHEMA = "labor-report/v1"
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


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a published labor report offline.")
    parser.add_argument("report", type=Path, help="the report as JSON, byte for byte as downloaded")
    parser.add_argument("proof", type=Path, help="its proof file")
    parser.add_argument("vkey", help="the log's verifier key: name+id+key")
    parser.add_argument(
        "--allow-unknown-signatures", action="store_true", help="ignore signatures by keys other than VKEY"
    )
    arguments = parser.parse_args()
    try:
        proof = arguments.proof.read_bytes().decode("utf-8")
        allowed = arguments.allow_unknown_signatures
        print(verify(arguments.report.read_bytes(), proof, arguments.vkey, allow_unknown=allowed))  # noqa: T201
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
