"""The config files in `configs/`, offered as starting points on the form that starts a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "configs"


def names() -> list[str]:
    """Return the names of the presets, such as "tiny-ppo"."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def text_of(name: str) -> str:
    """Return a preset's text; nothing for a name that is none. Only listed names are ever opened."""
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8") if name in names() else ""


def as_yaml(values: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)
