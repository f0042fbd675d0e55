"""A config says everything that is wrong with it at once, each with its line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from byhand.embedded.paths import ROOT
from rewardmodel.config_fields import FIELDS, Field
from rewardmodel.configs import read_config

GOOD = """kind: ppo
name: tiny-ppo
policy: tiny
reward_model: tiny-reward
dataset: places
updates: 30
segment_updates: 5
lr: 4e-4
"""


def test_it_works() -> None:
    checked = read_config(GOOD)
    assert checked.problems == []
    assert checked.values["updates"] == 30
    assert checked.values["lr"] == 4e-4  # YAML 1.1 reads 4e-4 as text; people mean a number
    assert checked.values["batch_size"] == 64
    assert checked.values["guards"]["eos_drop"] == 0.05


FIVE = """kind: ppo
name: tiny ppo!
policy: tiny
reward_model: tiny-reward
dataset: places
updates: many
batch_siz: 64
lr: 3
guards:
  eos_drop: -1
"""


def test_five_mistakes_are_five_lines_in_order() -> None:
    report = read_config(FIVE).report()
    assert [line.split(":")[:2] for line in report] == [
        ["line 2", " name"],
        ["line 6", " updates"],
        ["line 7", " batch_siz"],
        ["line 8", " lr"],
        ["line 10", " guards.eos_drop"],
    ]
    assert "did you mean batch_size?" in report[2]
    assert "3.0 is above 0.1" in report[3]


def test_missing_fields_are_listed_with_what_to_write() -> None:
    report = read_config("kind: reward\nname: r\n").report()
    assert len(report) == 2
    assert report[0].startswith("base: Missing. Write the name or the digest of a registered model")
    assert report[1].startswith("dataset: Missing.")


@pytest.mark.parametrize("value", ["true", "3.5", "'30'", "[30]", "1e3", ".nan", ".inf", "null", "''"])
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    report = read_config(GOOD.replace("updates: 30", f"updates: {value}", 1)).report()
    assert [line for line in report if line.startswith("line 6: updates: ")] == report


@pytest.mark.parametrize("value", ["true", ".nan", ".inf", "-.inf", "fast", "[1]", "2001-01-01"])
def test_what_is_no_number_is_refused(value: str) -> None:
    assert len(read_config(GOOD.replace("lr: 4e-4", f"lr: {value}")).problems) == 1


def test_an_unknown_kind_is_refused() -> None:
    assert read_config("kind: rloo\n").report() == [
        "line 1: kind: 'rloo' is not a kind of run; write one of sft, reward, ppo, evaluate."
    ]


def test_a_config_of_another_kind_is_refused() -> None:
    assert read_config(GOOD, "reward").report() == ["line 1: kind: This is a config for ppo, not for reward."]


def test_a_repeated_field_is_refused() -> None:
    assert read_config(GOOD + "updates: 60\n").report() == [
        "line 9: updates: Given twice; the first is on line 6."
    ]


def test_mini_batches_must_divide_the_batch() -> None:
    assert read_config(GOOD + "mini_batches: 7\n").report() == [
        "line 9: mini_batches: 64 episodes can't be divided by 7; write a divisor of batch_size."
    ]


def test_mini_batches_without_effect_are_refused() -> None:
    report = read_config(GOOD + "mini_batches: 2\nmicro_batch_size: 8\n").report()
    assert report == [
        "line 9: mini_batches: Has no effect while micro_batch_size is below batch_size; set one of them."
    ]


def test_one_fold_is_refused() -> None:
    report = read_config("kind: reward\nname: r\nbase: tiny\ndataset: places\nfolds: 1\n").report()
    assert report == ["line 5: folds: One fold leaves nothing to train on; write 0 for none, or at least 2."]


def test_broken_yaml_names_its_line() -> None:
    assert read_config("kind: ppo\nname: [a\nlr: 1\n").report()[0].startswith("line 3: Not YAML")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "42"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert len(read_config(text).problems) == 1


def test_aliases_are_refused() -> None:
    assert "not read" in read_config("kind: ppo\na: &x [1]\nb: *x\n").report()[0]


def test_a_python_tag_builds_nothing() -> None:
    report = read_config(GOOD.replace("policy: tiny", "policy: !!python/object/apply:os.getcwd []")).report()
    assert len(report) == 1
    assert report[0].startswith("line 3: policy: ")


def test_a_huge_config_is_refused() -> None:
    assert "64 KiB" in read_config("a: 1\n" * 20_000).report()[0]


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_that_we_ship_is_sound(path: Path) -> None:
    assert read_config(path.read_text(encoding="utf-8")).report() == []


def test_defaults_are_inside_their_own_limits() -> None:
    def walk(spec: dict[str, object]) -> list[Field]:
        return [f for v in spec.values() for f in ([v] if isinstance(v, Field) else walk(v))]  # type: ignore[arg-type]

    for kind, spec in FIELDS.items():
        for field in walk(spec):
            if not field.required and None not in (field.low, field.default):
                assert field.low <= field.default <= (field.high or float("inf")), kind
