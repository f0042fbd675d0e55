"""What README.md names is there: commands, targets, variables with their defaults, links, files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from byhand.demo.cast import CREW_LOGINS, GUESTS
from byhand.demo.projects import K
from byhand.demo.round import PROMPTS
from byhand.demo.steps import STEPS
from byhand.embedded.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```.*?```|`[^`\n]+`", README, re.DOTALL)
SOURCES = ("platform", "annotation", "wages", "rewardmodel")
OF_PYTHON = {"PYTHONPATH"}  # read to hand it on, no setting of ours
READERS = {"text", "flag", "integer", "words", "by_country", "kept_secret"}


def documents() -> list[Path]:
    """Return every Markdown file that is ours."""
    own = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(own) > 10
    return own


def named(pattern: str) -> set[str]:
    """Return what matches in the code spans and blocks of the README."""
    return {found for code in CODE for found in re.findall(pattern, code)}


def test_every_make_target_named_is_one() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = named(r"\bmake ([a-z]+)")
    assert {"demo", "test", "up", "bench"} <= wanted
    assert wanted <= targets


def test_every_command_named_is_one() -> None:
    wanted = named(r"\bmanage\.py ([a-z_]+)")
    core = {
        "up",
        "demo",
        "doctor",
        "train",
        "register_model",
        "invite",
        "verify_ledger",
        "verify_log",
        "bench",
    }
    assert core <= wanted
    assert wanted <= set(get_commands())
    assert (ROOT / "verify_report.py").is_file()


def reads(path: Path) -> dict[str, object]:
    """Return the variables that a source file reads through `byhand.env` or `os.environ`, with constant defaults."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        owner, first = ast.unparse(node.func.value), node.args[0]
        by_env = owner == "env" and node.func.attr in READERS
        by_os = owner == "os.environ" and node.func.attr == "get"
        if (by_env or by_os) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            default = node.args[1] if len(node.args) > 1 else None
            found.setdefault(first.value, None)
            if isinstance(default, ast.Constant):
                found[first.value] = default.value
            elif isinstance(default, ast.BinOp):
                found[first.value] = eval(ast.unparse(default)) if _of_numbers(default) else None  # noqa: S307
    return found


def _of_numbers(node: ast.AST) -> bool:
    allowed = (ast.BinOp, ast.Mult, ast.Constant, ast.operator)
    return all(isinstance(part, allowed) for part in ast.walk(node))


def table() -> dict[str, str]:
    """Return variable and default of each row of the README's table."""
    section = README.split("## Configuration")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", section, re.MULTILINE))


def read_anywhere() -> dict[str, object]:
    found: dict[str, object] = {}
    for source in SOURCES:
        for path in (ROOT / source).rglob("*.py"):
            for name, default in reads(path).items():
                if name in OF_PYTHON:
                    continue
                found[name] = default if default is not None else found.get(name)
    return found


def test_the_variables_in_the_table_are_the_ones_that_the_source_reads() -> None:
    in_settings = set(reads(ROOT / "platform" / "byhand" / "settings.py"))
    assert len(in_settings) > 20
    assert in_settings <= set(table())
    assert set(table()) == set(read_anywhere())


def test_the_defaults_in_the_table_are_those_of_the_source() -> None:
    shown, compared = table(), 0
    for name, default in read_anywhere().items():
        if isinstance(default, bool):
            assert shown[name].startswith("on" if default else "off"), name
        elif default not in (None, ""):
            assert f"`{default}`" in shown[name], name
            compared += 1
    assert compared >= 8


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    broken = [
        link
        for link in links
        if not re.match(r"[a-z]+:", link) and not (document.parent / link.split("#")[0]).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_file_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    paths = re.findall(
        r"`((?:platform|annotation|wages|rewardmodel|frontend|tests|configs|docs)/[\w./-]*)`", text
    )
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_pictures_are_small_and_described() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert len(pictures) == 2
    for description, path in pictures:
        assert len(description) > 40
        assert (ROOT / path).stat().st_size < 200_000


def test_what_the_demo_is_said_to_do_is_its_size() -> None:
    words = {2: "two", 4: "four", 6: "six", 9: "nine"}
    text = " ".join(README.split()).lower()
    assert f"{words[len(STEPS)]} steps" in text
    assert f"{PROMPTS} prompts are imported; {words[K]} candidates each" in text
    assert f"{words[len(CREW_LOGINS)]} simulated annotators" in text
    assert f"{words[len(GUESTS)]} guests" in text
