"""TRL's rows and the texts of HH: read back by TRL itself and by our importer, with every pair counted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from annotation.formats.conversations import hh_parts
from annotation.formats.pairs import pairs
from annotation.formats.readers import hh as hh_reader
from annotation.formats.readers import preferences as trl_reader
from annotation.formats.readers.records import Fields
from annotation.formats.rows import LabelledRow, OutsideAnswer
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.files import line_of
from annotation.formats.writers.pairwise import HhRows, TrlRows
from annotation.formats.writers.tasks import OUTSIDE, Ballot, Task
from tests.formats.random_tasks import CLEAN, TEXT, tasks


def task(
    *answers: OutsideAnswer, prompt: str = "Why?", simulated: bool = False, origin: str = "annotation"
) -> Task:
    texts = tuple(f"Answer {index}." for index in range(3))
    return Task(
        1, prompt, texts, "train", simulated, ballots=tuple(Ballot(a, origin=origin) for a in answers)
    )


ORDER = OutsideAnswer(groups=((2,), (0, 1)), strengths=("clear",))


def trl(one: Task, margin: str = "none") -> tuple[list[dict[str, Any]], Tally]:
    tally = Tally()
    return list(TrlRows("all", margin, tally).rows(one)), tally


def hh(one: Task, markers: str = "leave_out") -> tuple[list[dict[str, Any]], Tally]:
    tally = Tally()
    return list(HhRows("all", markers, tally).rows(one)), tally


def test_a_pair_is_an_explicit_conversation() -> None:
    rows, tally = trl(task(ORDER))
    assert rows[0] == {
        "prompt": [{"role": "user", "content": "Why?"}],
        "chosen": [{"role": "assistant", "content": "Answer 2."}],
        "rejected": [{"role": "assistant", "content": "Answer 0."}],
    }
    assert len(rows) == 2
    assert tally.left_out == {"pairs_tied_or_not_compared": 1}


def test_simulated_work_and_outside_labels_are_marked_in_every_row() -> None:
    rows, _ = trl(task(ORDER, simulated=True, origin=OUTSIDE))
    assert {row["simulated"] for row in rows} == {True}
    assert {row["wages"] for row in rows} == {"outside, no wages recorded"}


def test_a_margin_is_on_every_row_or_on_none() -> None:
    silent = OutsideAnswer(groups=((0,), (1,), (2,)))
    rows, tally = trl(task(ORDER, silent), "where_stated")
    assert [row["margin"] for row in rows] == [1.0, 1.0]
    assert tally.left_out["pairs_without_strength"] == 3
    rows, tally = trl(task(ORDER, silent))
    assert len(rows) == 5
    assert not any("margin" in row for row in rows)


def test_equal_texts_are_no_pair() -> None:
    twins = Task(
        1, "p", ("same", "same"), "train", False, ballots=(Ballot(OutsideAnswer(groups=((0,), (1,)))),)
    )
    rows, tally = trl(twins)
    assert rows == []
    assert tally.left_out == {"pairs_of_equal_texts": 1, "pairs_tied_or_not_compared": 0}


def test_a_prompt_of_several_turns_is_several_messages() -> None:
    rows, _ = trl(task(ORDER, prompt="Human: Hi\n\nAssistant: Hello\n\nHuman: Why?"))
    assert [turn["role"] for turn in rows[0]["prompt"]] == ["user", "assistant", "user"]


@given(tasks(CLEAN))
def test_pairs_come_back_by_the_importer(one: Task) -> None:
    rows, _ = trl(one)
    wanted = [
        (one.prompt, (one.completions[pair.better], one.completions[pair.worse]))
        for ballot in one.ballots
        for pair in pairs(ballot.answer, "all")
        if one.completions[pair.better] != one.completions[pair.worse]
    ]
    found = [row for record in rows for row in trl_reader.rows(1, json.loads(line_of(record)), Fields())]
    assert all(isinstance(row, LabelledRow) for row in found)
    assert [(row.prompt, getattr(row, "completions", ())) for row in found] == wanted


@given(tasks(TEXT))
def test_a_dialogue_holds_exactly_its_texts(one: Task) -> None:
    rows, tally = hh(one)
    for row in rows:
        assert hh_parts(row["chosen"])[0] == hh_parts(row["rejected"])[0] == one.prompt
        assert {hh_parts(row[name])[1] for name in ("chosen", "rejected")} <= set(one.completions)
    stated = sum(1 for ballot in one.ballots for _ in pairs(ballot.answer, "all"))
    unequal = stated - tally.left_out["pairs_of_equal_texts"]
    assert len(rows) == unequal - tally.left_out["pairs_with_a_marker_in_the_text"]


@given(tasks(CLEAN))
def test_dialogues_come_back_by_the_importer(one: Task) -> None:
    rows, _ = hh(one)
    for record in rows:
        (row,) = hh_reader.rows(1, json.loads(line_of(record)), Fields())
        assert row.prompt == one.prompt


def test_the_text_of_a_dialogue_is_that_of_hh() -> None:
    rows, _ = hh(task(OutsideAnswer(groups=((1,), (0,), (2,)))))
    assert rows[0] == {
        "chosen": "\n\nHuman: Why?\n\nAssistant: Answer 1.",
        "rejected": "\n\nHuman: Why?\n\nAssistant: Answer 0.",
    }


@pytest.mark.parametrize("bad", ["Well.\n\nHuman: no", "x\n\nAssistant: y", "Assistant: z\n\nHuman: w"])
def test_a_text_that_looks_like_a_turn_is_left_out_and_counted(bad: str) -> None:
    one = Task(1, "p", (bad, "good"), "train", False, ballots=(Ballot(OutsideAnswer(groups=((1,), (0,)))),))
    rows, tally = hh(one)
    assert rows == []
    assert tally.left_out["pairs_with_a_marker_in_the_text"] == 1


def test_escaped_a_text_is_kept_with_a_space() -> None:
    texts = ("Well.\n\nHuman: no", "good")
    one = Task(1, "p", texts, "train", False, ballots=(Ballot(OutsideAnswer(groups=((1,), (0,)))),))
    rows, tally = hh(one, "escape")
    assert rows == [
        {
            "chosen": "\n\nHuman: p\n\nAssistant: good",
            "rejected": "\n\nHuman: p\n\nAssistant: Well.\n\n Human: no",
        }
    ]
    assert tally.left_out["texts_of_pairs_escaped"] == 1
    assert tally.left_out["pairs_with_a_marker_in_the_text"] == 0


TEMPLATE = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</s>{% endfor %}"


@pytest.mark.slow
@pytest.mark.parametrize("margin", ["none", "required"])
def test_trls_own_trainer_learns_from_the_rows(tmp_path: Path, margin: str) -> None:
    """Two steps of RewardTrainer on a random model of a few thousand weights: the loss is a number."""
    import torch
    from datasets import load_dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForSequenceClassification, PreTrainedTokenizerFast
    from trl import RewardConfig, RewardTrainer
    from trl.data_utils import is_conversational

    order = OutsideAnswer(groups=((2,), (0,), (1,)), strengths=("clear", "slight"))
    path = tmp_path / "train.jsonl"
    rows, _ = trl(task(order, order, simulated=True), margin)
    path.write_bytes(b"".join(line_of(row) + b"\n" for row in rows))
    data = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert is_conversational(data[0])

    words = {
        word: at
        for at, word in enumerate(["<pad>", "</s>", "<unk>", "Why", "?", "Answer", ".", "0", "1", "2"])
    }
    base = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    base.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=base, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", chat_template=TEMPLATE
    )
    text = tokenizer.apply_chat_template(data[0]["prompt"] + data[0]["chosen"], tokenize=False)
    assert text == "<user>Why?</s><assistant>Answer 2.</s>"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, num_labels=1, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    trainer = RewardTrainer(
        model=LlamaForSequenceClassification(config),
        args=RewardConfig(
            output_dir=str(tmp_path / "out"),
            max_steps=2,
            per_device_train_batch_size=3,
            report_to=[],
            use_cpu=True,
            save_strategy="no",
            logging_steps=1,
            bf16=False,
        ),
        train_dataset=data,
        processing_class=tokenizer,
    )
    learned = {"chosen_ids", "rejected_ids"} | ({"margin"} if margin == "required" else set())
    assert learned <= set(trainer.train_dataset.column_names)
    assert math.isfinite(trainer.train().training_loss)
    assert all(math.isfinite(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry)
