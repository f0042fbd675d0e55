"""Where the files of imports and of evidence lie. Knows no database."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings


def upload_folder(upload_id: uuid.UUID) -> Path:
    return Path(settings.IMPORT_ROOT) / str(upload_id)


def upload_path(upload_id: uuid.UUID) -> Path:
    return upload_folder(upload_id) / "file"


def problems_path(upload_id: uuid.UUID) -> Path:
    return upload_folder(upload_id) / "problems.csv"


def evidence_path(sha256: str) -> Path:
    return Path(settings.IMPORT_ROOT) / "evidence" / sha256
