"""The judgement over a samples file: exact figures, and a file without samples is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from byhand.demo.hidden import HiddenPreference
from byhand.demo.judge import judge

HIDDEN = HiddenPreference(bright=1.0, dark=-1.0, kind=0.5, rude=-0.5, detail=0.25, broken=-2.0)


def samples(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    rows = [{"prompt_id": str(n), "policy": p, "reference": r} for n, (p, r) in enumerate(pairs)]
    file = tmp_path / "samples.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_gain_win_rate_and_grammar_are_those_of_the_samples(tmp_path: Path) -> None:
    better = ("It is very calm.", "It is very dull.")  # +1 against -1
    same = ("It is very open.", "It is very old.")  # 0 against 0
    worse = ("It is.", "It is very calm.")  # -2 (broken) against +1
    gold = judge(samples(tmp_path, better, same, worse, better), HIDDEN).figures()
    assert (gold["policy"], gold["reference"], gold["gain"]) == (0.0, 0.0 - 0.25, 0.25)
    assert (gold["win_rate"], gold["grammatical"], gold["prompts"]) == (0.625, 0.75, 4)
    assert gold["ci"][0] <= gold["gain"] <= gold["ci"][1]


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no samples"):
        judge(samples(tmp_path), HIDDEN)
