"""Canonical JSON (RFC 8785), narrowed: text, booleans, null, lists, objects and small integers.

Money, durations and ids travel as strings, so that no reader's floating point can change them; a float is
refused outright. Knows nothing of what the documents mean.
"""

from __future__ import annotations

import json
from typing import Any

from byhand.errors import Invalid

# beyond this an IEEE double, which is all that JSON promises a reader, loses the last digit
LARGEST_INTEGER = 2**53 - 1


class NotCanonical(Invalid):
    code = "not_canonical"


def canonical(value: Any) -> bytes:
    """Return the one byte form of `value`; raises NotCanonical with the path of what can't be written."""
    _check(value, "$")
    return _write(value).encode("utf-8")


def parse(data: bytes) -> Any:
    """Read JSON that must already be in canonical form; raises NotCanonical otherwise."""
    try:
        value = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise NotCanonical(f"not JSON: {error}") from error
    if canonical(value) != data:
        raise NotCanonical("the bytes are JSON, but not in canonical form")
    return value


def _check(value: Any, path: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if not value.isascii() and any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise NotCanonical(f"{path}: a lone surrogate is not text")
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"{path}: {value} is too large for a JSON number; write it as a string")
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _check(item, f"{path}[{position}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{path}: the key {key!r} is not text")
            _check(key, f"{path} key")
            _check(item, f"{path}.{key}")
    else:
        raise NotCanonical(f"{path}: {type(value).__name__} has no canonical form; write it as a string")


def _write(value: Any) -> str:
    if isinstance(value, dict):
        # RFC 8785 sorts keys by UTF-16 code units, which is not the order of code points
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_write(key)}:{_write(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
