"""The worked example and the table of margins in docs/how-it-works/exports.md are what the code does."""

from __future__ import annotations

import json
import re

import pytest

from annotation.formats.pairs import MARGIN_OF, pairs, tied
from annotation.formats.rows import OutsideAnswer
from byhand.embedded.paths import ROOT

TEXT = (ROOT / "docs" / "how-it-works" / "exports.md").read_text(encoding="utf-8")


def answer() -> OutsideAnswer:
    (found,) = re.findall(r"The answer is `(\{.*\})`", TEXT)
    said = json.loads(found)
    return OutsideAnswer(
        groups=tuple(map(tuple, said["groups"])), unranked=tuple(said["unranked"]),
        unacceptable=tuple(said["unacceptable"]), strengths=tuple(said["strengths"]),
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["all", "adjacent", "best_worst"])
def test_the_pairs_of_the_example_are_those_of_the_code(policy: str) -> None:
    ((count, said),) = re.findall(rf"\| `{policy}` \| (\d+) \| (.*) \|", TEXT)
    stated = {
        (int(better), int(worse))
        for better, worse_ones in re.findall(r"(\d) above ([\d, ]+)", said)
        for worse in re.findall(r"\d", worse_ones)
    }
    found = [(pair.better, pair.worse) for pair in pairs(answer(), policy)]
    assert set(found) == stated
    assert len(found) == int(count)


def test_the_margins_of_the_example_are_those_of_the_code() -> None:
    found = list(pairs(answer(), "all"))
    assert [(p.better, p.worse, p.margin) for p in found if p.margin] == [(2, 0, 1.0), (2, 4, 1.0)]
    assert len([pair for pair in found if pair.margin is None]) == 11
    assert tied(answer()) == 2


def test_the_numbers_of_strengths_are_those_of_the_code() -> None:
    for name, number in MARGIN_OF.items():
        assert f"{name} {number}" in TEXT
