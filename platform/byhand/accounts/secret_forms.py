"""The written form of an API token. Pure.

`byh_`, 43 characters for 32 random bytes, 6 for their checksum: a scanner that finds one in a public place can tell
a real one from a look-alike without asking us. What is kept is the SHA-256; 256 random bits need no slower hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

PREFIX = "byh_"
PATTERN = r"byh_[0-9A-Za-z]{49}"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 43, 6  # 62**43 > 2**256, 62**6 > 2**32


def new_token() -> str:
    return written(secrets.token_bytes(32))


def written(random_bytes: bytes) -> str:
    """Return the token that 32 random bytes make."""
    body = _base62(int.from_bytes(random_bytes, "big"), _SECRET)
    return PREFIX + body + _checksum(body)


def well_formed(token: str) -> bool:
    """Whether `token` has our form and its checksum is right; says nothing about whether we know it."""
    if not re.fullmatch(PATTERN, token):
        return False
    body, check = token[len(PREFIX) : -_CHECK], token[-_CHECK:]
    return _checksum(body) == check


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
