"""The built scripts are linked where there is a build; the scripts' own tests run with Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template

FRONTEND = Path(__file__).parents[2] / "frontend"
TAG = "{% load byhand_assets %}{% vite_entry %}"


def test_unbuilt_pages_link_no_script(settings: Any, tmp_path: Path) -> None:
    settings.DJANGO_VITE = {"default": {"manifest_path": tmp_path / "manifest.json"}}
    assert Template(TAG).render(Context()) == ""


def test_a_build_is_linked_with_its_styles_and_followed_when_it_changes(
    settings: Any, tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.json"
    settings.DJANGO_VITE = {"default": {"manifest_path": manifest}}
    for name in ("main-A1.js", "main-B2.js"):
        manifest.unlink(missing_ok=True)
        chunk = {"file": f"assets/{name}", "css": ["assets/main-C3.css"]}
        manifest.write_text(json.dumps({"src/main.ts": chunk}), encoding="utf-8")
        assert Template(TAG).render(Context()).splitlines() == [
            '<link rel="stylesheet" href="/static/assets/main-C3.css">',
            f'<script type="module" src="/static/assets/{name}"></script>',
        ]


def test_the_lock_file_names_no_host() -> None:
    lock = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_every_pin_is_exact() -> None:
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    pins = {**package["dependencies"], **package["devDependencies"]}
    assert {name: pin for name, pin in pins.items() if not pin[0].isdigit()} == {}


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_scripts_pass_their_own_tests(script: str) -> None:
    npm = shutil.which("npm")
    if npm is None or not (FRONTEND / "node_modules").is_dir():
        pytest.skip("frontend/node_modules is not installed: run npm ci in frontend/")
    run = subprocess.run([npm, "run", script], cwd=FRONTEND, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
