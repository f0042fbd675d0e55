"""C2SP signed notes and checkpoints with Ed25519. Pure: keys come in as objects, nothing is read or written.

A note is its text, an empty line, and signature lines `— <name> base64(key id || signature)`. The key id is
the first four bytes of SHA-256(name || 0x0A || 0x01 || public key). A checkpoint is a note whose text is
three lines: origin, tree size, root in base64.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from byhand.errors import Invalid

ED25519 = b"\x01"
SIGNATURE_MARK = "— "


class BadNote(Invalid):
    code = "bad_note"


@dataclass(frozen=True)
class Tree:
    """What a checkpoint states: `size` leaves of the log `origin` have this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def verifier_key(name: str, public: Ed25519PublicKey) -> str:
    """Return the key as one line of text: name+id in hex+base64(0x01 || public key)."""
    raw = public.public_bytes_raw()
    return f"{name}+{key_id(name, raw).hex()}+{base64.b64encode(ED25519 + raw).decode()}"


def parse_verifier_key(text: str) -> tuple[str, Ed25519PublicKey]:
    """Return the name and key of a verifier key; raises BadNote."""
    name, plus, rest = text.strip().partition("+")
    identifier, second, encoded = rest.partition("+")
    if not (name and plus and second):
        raise BadNote("a verifier key has the form name+id+key")
    raw = _decode(encoded, "the verifier key")
    if raw[:1] != ED25519 or len(raw) != 33:
        raise BadNote("the verifier key is not an Ed25519 key")
    if key_id(name, raw[1:]).hex() != identifier:
        raise BadNote("the verifier key's id does not match its name and key")
    return name, Ed25519PublicKey.from_public_bytes(raw[1:])


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """Return the signed note over `text`, which must end in a newline."""
    if not name or any(char.isspace() or char == "+" for char in name):
        raise BadNote(f"{name!r} can't name a key: no spaces, no plus sign")
    if not text.endswith("\n"):
        raise BadNote("a note's text ends in a newline")
    identifier = key_id(name, private.public_key().public_bytes_raw())
    blob = base64.b64encode(identifier + private.sign(text.encode())).decode()
    return f"{text}\n{SIGNATURE_MARK}{name} {blob}\n"


def open_note(note: str, verifier: str) -> str:
    """Return the text of a note that `verifier` has signed; raises BadNote."""
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise BadNote("a signed note is text, an empty line and signature lines")
    text += "\n"
    name, public = parse_verifier_key(verifier)
    wanted = key_id(name, public.public_bytes_raw())
    for line in signatures[:-1].split("\n"):
        if not line.startswith(SIGNATURE_MARK):
            raise BadNote(f"not a signature line: {line!r}")
        signer, _, encoded = line[len(SIGNATURE_MARK) :].partition(" ")
        blob = _decode(encoded, "a signature line")
        if signer == name and blob[:4] == wanted:
            try:
                public.verify(blob[4:], text.encode())
            except InvalidSignature as error:
                raise BadNote(f"the signature of {name} does not fit the text") from error
            return text
    raise BadNote(f"{name} has not signed this note")


def parse_tree(text: str) -> Tree:
    """Read a checkpoint's text; raises BadNote."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise BadNote("a checkpoint is three lines: origin, size, root")
    if not lines[1].isascii() or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
        raise BadNote(f"{lines[1]!r} is not a tree size")
    digest = _decode(lines[2], "the root")
    if len(digest) != 32:
        raise BadNote("the root is not 32 bytes")
    return Tree(origin=lines[0], size=int(lines[1]), root=digest)


def _decode(text: str, what: str) -> bytes:
    """Decode base64 and encode it again: two spellings of one value must not both pass."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadNote(f"{what} is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise BadNote(f"{what} is not in the one canonical base64 form")
    return raw
