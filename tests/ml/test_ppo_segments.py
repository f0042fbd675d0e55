"""A run cut into pieces, killed and resumed ends with the same weights, bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rewardmodel.ml import environment
from rewardmodel.ml.errors import Cancelled, StageError
from rewardmodel.ml.protocol import Reporter

ROOT = Path(__file__).resolve().parents[2]


def manifest(made: Path, folder: Path, **changes: Any) -> dict[str, Any]:
    policy = str(made / "sft" / "model")
    return {
        "seed": 3,
        "threads": 2,
        "policy_dir": policy,
        "reference_dir": policy,
        "reward_dir": str(made / "reward" / "model"),
        "prompts": str(made / "prompts.jsonl"),
        "out_dir": str(folder / "out"),
        "segments_dir": str(folder / "segments"),
        "fence": 1,
        "updates": 4,
        "segment_updates": 1,
        "batch_size": 8,
        "ppo_epochs": 2,
        "response_length": 16,
        "guards": {"window": 1000},
        **changes,
    }


class Keeping(Reporter):
    """Keeps what is reported; asks itself to stop after `stop_after` segments."""

    def __init__(self, stop_after: int = 1000) -> None:
        super().__init__()
        self.figures: list[dict[str, Any]] = []
        self.segments: list[str] = []
        self.samples: list[dict[str, Any]] = []
        self.stop_after = stop_after

    def metrics(self, step: int, data: Any) -> None:
        self.figures.append({"step": step, **{k: v for k, v in data.items() if k != "samples_per_s"}})

    def sample(self, data: Any) -> None:
        self.samples.append(dict(data))

    def segment(self, index: int, path: str) -> None:
        self.segments.append(path)
        if len(self.segments) == self.stop_after:
            self.cancel()


def train(raw: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    from rewardmodel.ml import ppo

    environment.pin(2, raw["seed"])
    return ppo.run(raw, reporter)


@pytest.fixture(scope="module")
def straight(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Keeping, Path]:
    folder, reporter = tmp_path_factory.mktemp("straight"), Keeping()
    return train(manifest(made, folder), reporter), reporter, folder


def test_a_run_reports_every_update_and_exports_a_policy_that_stops(
    straight: tuple[dict[str, Any], Keeping, Path],
) -> None:
    result, reporter, folder = straight
    assert [row["step"] for row in reporter.figures] == [1, 2, 3, 4]
    wanted = {
        "reward", "kl", "entropy", "length", "eos_rate", "distinct_ratio", "clip_fraction", "value_loss",
    }  # fmt: skip
    assert wanted <= set(reporter.figures[0])
    assert (result["updates"], result["updates_planned"]) == (4, 4)
    assert [Path(path).name for path in reporter.segments] == ["0.1", "1.1", "2.1", "3.1"]
    generation = json.loads((folder / "out" / "model" / "generation_config.json").read_text())
    assert generation["eos_token_id"] is not None
    assert len(reporter.samples) == 16


def test_policy_and_reference_are_the_same_at_step_zero(
    straight: tuple[dict[str, Any], Keeping, Path],
) -> None:
    assert abs(straight[1].figures[0]["kl"]) < 1e-4
    assert straight[1].figures[0]["ratio"] == pytest.approx(1.0, abs=0.02)


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(
    made: Path, tmp_path: Path, straight: tuple[dict[str, Any], Keeping, Path]
) -> None:
    same, other = Keeping(), Keeping()
    result = train(manifest(made, tmp_path / "same"), same)
    train(manifest(made, tmp_path / "other", seed=4, updates=1), other)
    assert same.figures == straight[1].figures
    assert result["digest"] == straight[0]["digest"]
    assert other.figures[0] != same.figures[0]


def test_a_cancelled_run_stops_and_resumes_to_the_same_weights(
    made: Path, tmp_path: Path, straight: tuple[dict[str, Any], Keeping, Path]
) -> None:
    first, second = Keeping(stop_after=2), Keeping()
    with pytest.raises(Cancelled):
        train(manifest(made, tmp_path), first)
    assert not (tmp_path / "out").exists()
    result = train(manifest(made, tmp_path, fence=2, resume_from=first.segments[-1]), second)
    assert [row["step"] for row in second.figures] == [3, 4]
    assert first.figures + second.figures == straight[1].figures
    assert result["digest"] == straight[0]["digest"]


def test_a_segment_of_a_run_with_other_settings_is_refused(
    made: Path, tmp_path: Path, straight: tuple[dict[str, Any], Keeping, Path]
) -> None:
    raw = manifest(made, tmp_path, lr=1e-3, resume_from=straight[1].segments[0])
    with pytest.raises(StageError, match="belongs to a run with other settings"):
        train(raw, Reporter())
    assert not (tmp_path / "segments").exists()


def test_a_damaged_segment_is_refused(
    made: Path, tmp_path: Path, straight: tuple[dict[str, Any], Keeping, Path]
) -> None:
    import shutil

    copy = tmp_path / "0.1"
    shutil.copytree(straight[1].segments[0], copy)
    with (copy / "optimizer.safetensors").open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read(1)[0]
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last ^ 1]))
    with pytest.raises(StageError, match=r"damaged: optimizer\.safetensors"):
        train(manifest(made, tmp_path, resume_from=str(copy)), Reporter())


def run_until_killed(
    raw: dict[str, Any], folder: Path, kill_in_segment: int
) -> tuple[str | None, dict[str, Any]]:
    """Run the stage as a process; kill -9 after the first update of the segment after `kill_in_segment`."""
    path = folder / f"ppo-{raw['fence']}.json"
    path.write_text(json.dumps(raw))
    process = subprocess.Popen(
        [sys.executable, "-m", "rewardmodel.ml.stage", "ppo", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, text=True,
    )  # fmt: skip
    last, result, seen = None, {}, 0
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "segment":
            last, seen = event["path"], seen + 1
        elif event["event"] == "metrics" and seen == kill_in_segment:
            os.kill(process.pid, signal.SIGKILL)
        elif event["event"] == "result":
            result = event["data"]
    process.wait()
    return last, result


@pytest.mark.slow
def test_four_processes_three_of_them_killed_end_where_one_does(made: Path, tmp_path: Path) -> None:
    settings = {"updates": 8, "segment_updates": 2}
    _, whole = run_until_killed(manifest(made, tmp_path / "whole", **settings), tmp_path, 1000)
    last: str | None = None
    result: dict[str, Any] = {}
    for fence in range(1, 5):
        raw = manifest(
            made, tmp_path / "cut", **settings, fence=fence, **({"resume_from": last} if last else {})
        )
        newest, result = run_until_killed(raw, tmp_path, 1 if fence < 4 else 1000)
        last = newest or last
    assert result["digest"] == whole["digest"]
    assert sorted(p.name for p in (tmp_path / "cut" / "segments").glob("[0-9]*")) == [
        "0.1",
        "1.2",
        "2.3",
        "3.4",
    ]
