"""TRL and HH preferences: what is explicit is read, and a prompt is never guessed from two plain texts."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.formats.conversations import NotAConversation, hh_parts, hh_text, messages_of, text_of
from tests.annotation.formats.reading_world import lines, looks, packed, pair, problems, rows

USER, BOT = {"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Yes."}
BAD = {"role": "assistant", "content": "No."}


def test_explicit_plain_texts_are_read_unchanged() -> None:
    (row,) = rows(lines({"prompt": " Why? ", "chosen": "Because \n", "rejected": "", "margin": 0.5}))
    assert pair(row) == (" Why? ", ("Because \n", ""), ((0,), (1,)))
    assert row.metadata == {"margin": 0.5}


def test_explicit_conversations_are_read() -> None:
    (row,) = rows(lines({"prompt": [USER], "chosen": [BOT], "rejected": [BAD]}))
    assert pair(row) == ("Hi?", ("Yes.", "No."), ((0,), (1,)))


def test_implicit_conversations_share_all_but_their_last_message() -> None:
    turns = [{"role": "system", "content": "Be kind."}, USER, BOT, {"role": "user", "content": "Sure?"}]
    (row,) = rows(lines({"chosen": [*turns, BOT], "rejected": [*turns, BAD]}))
    assert row.completions == ("Yes.", "No.")
    assert messages_of(row.prompt) == [
        ("system", "Be kind."), ("user", "Hi?"), ("assistant", "Yes."), ("user", "Sure?"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ("Q: x A: I think so", "Q: x A: I cannot"),
        ("abc", "ab"),
        ("same", "same"),
        ("Blue ", "Green"),
        ("x", ""),
    ],
)
def test_a_prompt_is_never_cut_out_of_two_plain_texts(chosen: str, rejected: str) -> None:
    """The five texts that TRL's extract_prompt cuts wrong, or dies of."""
    for record in ({"chosen": chosen, "rejected": rejected}, {"chosen": rejected, "rejected": chosen}):
        assert problems(lines(record)) == [
            "line 1: has no “prompt”, and two plain texts don't say where it ends; add the field, or use messages"
        ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"prompt": "p", "chosen": "a", "rejected": "a"}, "“chosen” and “rejected” are the same text"),
        ({"prompt": "", "chosen": "a", "rejected": "b"}, "“prompt” is empty"),
        ({"prompt": "p", "chosen": 3, "rejected": "b"}, "“chosen” must be text, not a number"),
        (
            {"prompt": "p", "chosen": [BOT, BOT], "rejected": [BAD]},
            "“chosen” must be one message of the assistant beside an explicit prompt",
        ),
        (
            {"chosen": [USER, BOT], "rejected": [{"role": "user", "content": "Ho?"}, BAD]},
            "“chosen” and “rejected” differ before their last message",
        ),
        (
            {"chosen": [BOT], "rejected": [BAD]},
            "the last message must be the assistant's, after at least one other",
        ),
        ({"chosen": [USER, BOT], "rejected": "No."}, "“rejected” is text; both must be of one kind"),
        (
            {"chosen": [{"role": "tool", "content": "x"}, BOT], "rejected": [BAD]},
            "“chosen” has a message of role 'tool'; known are system, user and assistant",
        ),
    ],
)
def test_a_wrong_preference_is_named(record: dict[str, Any], reason: str) -> None:
    assert problems(lines(record), shape="trl") == [f"line 1: {reason}"]


def test_hh_pairs_come_out_as_they_went_in() -> None:
    given = [
        ("\n\nHuman: One?\n\nAssistant: Yes.", "\n\nHuman: One?\n\nAssistant: No."),
        (
            "\n\nHuman: A\n\nAssistant: b\n\nHuman: C\n\nAssistant: d",
            "\n\nHuman: A\n\nAssistant: b\n\nHuman: C\n\nAssistant:",
        ),
    ]
    content = packed(lines(*({"chosen": one, "rejected": other} for one, other in given)))
    assert str(looks(content, "train.jsonl.gz")) == "This looks like Anthropic HH pairs in JSON lines."
    found = rows(content, "train.jsonl.gz")
    assert [row.completions for row in found] == [("Yes.", "No."), ("d", "")]
    assert found[0].prompt == "One?"
    again = [tuple(hh_text(row.prompt, text) for text in row.completions) for row in found]
    assert again == given


def test_hh_pairs_without_a_shared_start_go_to_the_list_of_problems() -> None:
    record = {"chosen": "\n\nHuman: A\n\nAssistant: b", "rejected": "\n\nHuman: B\n\nAssistant: b"}
    assert problems(lines(record)) == [
        "line 1: “chosen” and “rejected” differ before their last “Assistant:”"
    ]


@pytest.mark.parametrize("text", ["no turns", "\n\nAssistant: only", "Robot: x\n\nAssistant: y"])
def test_what_is_no_transcript_is_refused(text: str) -> None:
    with pytest.raises(NotAConversation):
        hh_parts(text)


def test_a_message_that_looks_like_a_turn_is_refused() -> None:
    with pytest.raises(NotAConversation):
        text_of([("user", "a\n\nHuman: b"), ("assistant", "c"), ("user", "d")])


def test_trl_reads_what_we_read() -> None:
    """Their own helpers agree on which rows are conversations, and unpair ours without loss."""
    datasets, data_utils = pytest.importorskip("datasets"), pytest.importorskip("trl.data_utils")
    record = {"prompt": [USER], "chosen": [BOT], "rejected": [BAD]}
    assert data_utils.is_conversational(record)
    theirs = data_utils.unpair_preference_dataset(datasets.Dataset.from_list([record]))
    (row,) = rows(lines(record))
    assert [entry[0]["content"] for entry in theirs["completion"]] == list(row.completions)
