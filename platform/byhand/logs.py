"""Log lines as JSON. They carry ids only; a formatter can't hide what a caller should not have logged."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from byhand import request_ids


class JsonFormatter(logging.Formatter):
    """One JSON object a line, newlines encoded, so that hostile text can't forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := request_ids.current():
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
