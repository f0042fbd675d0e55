"""The process of a stage: JSON lines alone on stdout, a lifeline on stdin, exit codes that mean something."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def start(stage: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rewardmodel.ml.stage", stage, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    """Read to the end while holding the lifeline, then let it go."""
    assert process.stdout and process.stderr and process.stdin
    events = [json.loads(line) for line in process.stdout]
    errors = process.stderr.read()
    code = process.wait()
    process.stdin.close()
    return code, events, errors


@pytest.fixture
def long_sft(made: Path, tmp_path: Path) -> Path:
    """A manifest that would run for hours."""
    path = tmp_path / "sft.json"
    raw = {"corpus": str(made / "corpus.jsonl"), "out_dir": str(tmp_path / "out"), "steps": 1_000_000}
    path.write_text(json.dumps(raw))
    return path


def until_progress(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["done"] > 0:
            return


def test_cancel_stops_at_a_safe_point_with_exit_3_and_leaves_no_model(long_sft: Path, tmp_path: Path) -> None:
    process = start("sft", long_sft)
    until_progress(process)
    assert process.stdin
    process.stdin.write("cancel\n")
    process.stdin.flush()
    code, events, _ = finish(process)
    assert code == 3
    assert (events[-1]["event"], events[-1]["code"]) == ("error", "cancelled")
    assert not (tmp_path / "out").exists()


def test_end_of_file_on_the_lifeline_ends_the_process_at_once(long_sft: Path, tmp_path: Path) -> None:
    process = start("sft", long_sft)
    until_progress(process)
    assert process.stdin and process.stdout
    process.stdin.close()
    code = process.wait(timeout=20)
    assert code == 1
    assert all(json.loads(line)["event"] in ("progress", "metrics") for line in process.stdout)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [("not json", "bad_stage_manifest"), ("[]", "bad_stage_manifest"), ('{"threads": 0}', "invalid_config")],
)
def test_a_manifest_that_cannot_be_read_is_bad_input(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    exit_code, events, _ = finish(start("generate", path))
    assert (exit_code, len(events), events[0]["event"], events[0]["code"]) == (2, 1, "error", code)


def test_an_unknown_stage_is_bad_input(tmp_path: Path) -> None:
    exit_code, events, _ = finish(start("train", tmp_path / "m.json"))
    assert (exit_code, events[0]["code"]) == (2, "usage")


def test_every_problem_of_a_manifest_is_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        json.dumps({"policy_dir": "/nowhere", "prompts": 3, "k": 0, "temperature": "hot", "kk": 1})
    )
    exit_code, events, _ = finish(start("generate", path))
    assert exit_code == 2
    assert events[0]["problems"] == [
        "policy_dir: there is no folder /nowhere",
        "prompts: 3 is not a path",
        "out: missing",
        "k: 0 is outside 1 to 64",
        "temperature: 'hot' is not a number",
        "kk: unknown setting; remove it",
    ]


def test_a_pickle_in_the_model_folder_is_refused_before_anything_is_loaded(
    made: Path, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "model"
    shutil.copytree(made / "sft" / "model", copy)
    (copy / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    path = tmp_path / "m.json"
    out = tmp_path / "out.jsonl"
    raw = {"policy_dir": str(copy), "prompts": str(made / "prompts.jsonl"), "out": str(out)}
    path.write_text(json.dumps(raw))
    exit_code, events, _ = finish(start("generate", path))
    assert (exit_code, events[-1]["code"]) == (2, "unsafe_folder")
    assert "pytorch_model.bin: can run code when loaded" in events[-1]["message"]
    assert not out.exists()
