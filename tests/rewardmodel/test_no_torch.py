"""A web process and a Celery worker never import torch or trl: half a gigabyte and five seconds each."""

from __future__ import annotations

import json
import subprocess
import sys

from byhand.embedded.paths import ROOT

PROBE = """
COMMANDS = ("migrations", "commands", "management")  # no part of a web process or a worker
# loads pyarrow, inside the few functions that read such files
LAZY = ("annotation.formats.readers.tables",)
import importlib, json, pkgutil, sys
sys.path[:0] = [{root!r}, {root!r} + "/platform"]
import django
django.setup()
import byhand.celery, byhand.urls, byhand.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
names = []
for package in ("byhand", "annotation", "wages", "rewardmodel"):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        other = module.name.startswith(("rewardmodel.ml", "byhand.demo", "byhand.bench", *LAZY))
        if other or module.name.split(".")[-2] in COMMANDS:
            continue
        importlib.import_module(module.name)
        names.append(module.name)
heavy = [name for name in ("torch", "trl", "transformers", "numpy", "datasets") if name in sys.modules]
print(json.dumps({{"heavy": heavy, "modules": names}}))
"""


def test_no_module_of_a_web_or_worker_process_imports_torch() -> None:
    program = PROBE.format(root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "byhand.settings", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["heavy"] == []
    for module in (
        "rewardmodel.job_handlers",
        "rewardmodel.views.runs",
        "rewardmodel.urls",
        "byhand.jobs.tasks",
    ):
        assert module in found["modules"]
