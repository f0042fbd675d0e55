"""Records of one JSON list, such as Label Studio exports: an element in memory at a time. Pure."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import BinaryIO

from annotation.formats.readers.guarded import text_stream
from annotation.formats.readers.lines import MAX_LINE_BYTES, as_record, parsed
from annotation.formats.readers.records import Records, Unreadable
from annotation.formats.rows import Problem

CHUNK = 256 * 1024
_BETWEEN = " \t\r\n,"


def json_list(stream: BinaryIO) -> Records:
    """Yield the elements, numbered from 1. What is no JSON ends the reading: nothing shows where the next begins."""
    decoder, buffer = json.JSONDecoder(), _Buffer(text_stream(stream))
    if buffer.skip() != "[":
        raise Unreadable("the file is no JSON list")
    buffer.at += 1
    number = 0
    while (mark := buffer.skip()) != "]":
        if not mark:
            yield Problem(number + 1, "", "the list has no end: the file was cut off")
            return
        number += 1
        element = buffer.element(decoder)
        if element is None:
            wrong = parsed(number, buffer.rest())
            reason = wrong.reason if isinstance(wrong, Problem) else "not JSON"
            yield Problem(number, "", f"{reason}; reading stopped here")
            return
        yield as_record(number, element[0])


class _Buffer:
    """Text of the file around the element that is read now."""

    def __init__(self, stream: BinaryIO) -> None:
        self._chunks = _decoded(stream)
        self._text, self.at = "", 0

    def skip(self) -> str:
        """Move to the next character that is no space and no comma; return it, or a blank at the end."""
        while True:
            while self.at < len(self._text) and self._text[self.at] in _BETWEEN:
                self.at += 1
            if self.at < len(self._text):
                return self._text[self.at]
            if not self._more(CHUNK):
                return ""

    def element(self, decoder: json.JSONDecoder) -> tuple[object] | None:
        """Return the element that begins here; None where no JSON does within MAX_LINE_BYTES."""
        wanted = CHUNK
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self.at)
            except RecursionError:
                return None
            except ValueError:  # wrong, or not yet whole
                if len(self._text) - self.at > MAX_LINE_BYTES or not self._more(wanted):
                    return None
                wanted *= 2
            else:
                self.at = end
                return (value,)

    def rest(self) -> str:
        return self._text[self.at : self.at + MAX_LINE_BYTES]

    def _more(self, wanted: int) -> bool:
        parts, got = [self._text[self.at :]], 0
        while got < wanted and (chunk := next(self._chunks, "")):
            parts.append(chunk)
            got += len(chunk)
        self._text, self.at = "".join(parts), 0
        return got > 0


def _decoded(stream: BinaryIO) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while block := stream.read(CHUNK):
            if text := decode.decode(block):
                yield text
        decode.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8; save it as UTF-8") from error
