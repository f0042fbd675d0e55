"""Reads the process environment. Owns how a setting is spelled; knows nothing of Django.

Every name may also be given as `NAME_FILE`, the path of a file that holds the value, so that
secrets never have to stand in the environment itself.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class BadSetting(ValueError):
    """A variable has a value that can't be used; the message names the variable."""


def text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that `NAME_FILE` points to."""
    if name in os.environ:
        return os.environ[name]
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text(encoding="utf-8").strip() if file else default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes or no; anything else is refused, so that a typo never turns a guard off."""
    raw = text(name).strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} is {raw!r}; write 1 or 0.")


def integer(name: str, default: int) -> int:
    raw = text(name).strip()
    try:
        return int(raw) if raw else default
    except ValueError as error:
        raise BadSetting(f"{name} is {raw!r}; write a whole number.") from error


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def by_country(name: str, default: int) -> dict[str, int]:
    """Return whole numbers by country code, the general one under "": `7,DE=10` is {"": 7, "DE": 10}."""
    found = {"": default}
    for word in words(name):
        country, _, number = word.rpartition("=")
        if not (number.isascii() and number.isdigit() and int(number) >= 1) or (
            country and len(country) != 2
        ):
            raise BadSetting(f"{name} has {word!r}; write a number from 1, or CC=number for a country.")
        found[country.upper()] = int(number)
    return found


def kept_secret(name: str, path: Path) -> str:
    """Return the variable, else a secret kept in `path`, made on first use and readable by its owner alone."""
    given = text(name)
    if given:
        return given
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(64), encoding="utf-8")
        try:
            os.link(fresh, path)  # the first process wins; the others read what it wrote
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip()
