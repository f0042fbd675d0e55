"""Reads JSON bodies strictly: what can't be kept or answered as UTF-8, or nests without end, is refused here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant


class StrictJson(JSONParser):
    """JSON in UTF-8, without NaN, without half characters (lone surrogates), nested as deep as anybody means it."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            text = stream.read().decode("utf-8")
            found = json.loads(text, parse_constant=strict_constant)
            if "\\ud" in text.lower():  # an escape may be half a character; plain UTF-8 can't be
                json.dumps(found, ensure_ascii=False).encode("utf-8")
        except RecursionError as error:
            raise ParseError("The body nests too deep.") from error
        except UnicodeEncodeError as error:
            raise ParseError(
                "The body holds half a character: a surrogate without its other half."
            ) from error
        except ValueError as error:
            raise ParseError(f"The body is no JSON: {error}") from error
        return found  # type: ignore[no-any-return]
