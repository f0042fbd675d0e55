"""Files for Label Studio, Open-Assistant and Argilla: accepted by their own code, or by its rules written down."""

from __future__ import annotations

import json
import uuid
from typing import Any

from hypothesis import given, settings

from annotation.formats.pairs import pairs
from annotation.formats.rows import OutsideAnswer
from annotation.formats.writers import argilla, open_assistant
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.files import line_of
from annotation.formats.writers.label_studio import LabelStudioTasks, config
from annotation.formats.writers.tasks import Ballot, Task
from tests.formats.random_tasks import CLEAN, tasks

NODE_KEYS = {
    "message_id", "parent_id", "user_id", "created_date", "text", "role", "lang", "review_count", "review_result",
    "deleted", "rank", "synthetic", "model_name", "emojis", "replies", "labels", "events", "detoxify",
    "message_tree_id", "tree_state",
}  # fmt: skip


def task(*answers: OutsideAnswer, language: str = "en", prompt: str = "Why?") -> Task:
    texts = tuple(f"Answer {index}." for index in range(4))
    return Task(
        7, prompt, texts, "train", True, language, tuple(Ballot(answer) for answer in answers), {"policy": "tiny"}
    )  # fmt: skip


PARTIAL = OutsideAnswer(annotator="2", groups=((2,), (0, 3)), unranked=(), unacceptable=(1,))


@settings(max_examples=40)
@given(one=tasks(CLEAN))
def test_label_studio_accepts_every_ranking(one: Task) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(config("ranker", len(one.completions)))
    (record,) = [json.loads(line_of(row)) for row in LabelStudioTasks("ranker", Tally()).rows(one)]
    assert interface.validate_task({"data": record["data"]})
    for annotation in record["annotations"]:
        assert interface.validate_annotation(annotation)
    ids = [record["id"], *(annotation["id"] for annotation in record["annotations"])]
    assert len(ids) == len(set(ids))


def test_a_pair_is_what_label_studios_own_tag_makes() -> None:
    """Their check of a whole annotation wants another `to_name` than their tag writes; we write what the tag does."""
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(config("pairwise", 4))
    tag = interface.get_control("comparison")
    for record in LabelStudioTasks("pairwise", Tally()).rows(task(PARTIAL)):
        assert interface.validate_task({"data": record["data"]})
        ((result,),) = [annotation["result"] for annotation in record["annotations"]]
        theirs = tag.label(result["value"]["selected"])._dict()
        assert {name: result[name] for name in theirs if name != "id"} == {
            name: value for name, value in theirs.items() if name != "id"
        }
        assert tag.validate_value(result["value"])
        assert result["value"]["selected"] in tag.to_json_schema()["enum"]


def test_label_studio_refuses_what_is_no_annotation_of_the_config() -> None:
    """The negative control of the test above."""
    from label_studio_sdk.label_interface import LabelInterface

    (record,) = LabelStudioTasks("ranker", Tally()).rows(task(PARTIAL))
    annotation = record["annotations"][0]
    assert LabelInterface(config("ranker", 4)).validate_annotation(annotation)
    assert not LabelInterface(config("pairwise", 4)).validate_annotation(annotation)
    annotation["result"][0]["value"] = {"ranker": ["2", "0"]}
    assert not LabelInterface(config("ranker", 4)).validate_annotation(annotation)


def test_ties_share_a_bucket() -> None:
    (record,) = LabelStudioTasks("ranker", Tally()).rows(task(PARTIAL))
    assert record["annotations"][0]["result"][0]["value"] == {
        "ranker": {"rank_1": ["2"], "rank_2": ["0", "3"], "unacceptable": ["1"]}
    }
    assert record["meta"]["simulated"] is True


def test_pairs_say_left_or_right_and_skip_ties() -> None:
    tally = Tally()
    records = list(LabelStudioTasks("pairwise", tally).rows(task(PARTIAL)))
    found = {
        (record["data"]["answer1"], record["data"]["answer2"]):
        record["annotations"][0]["result"][0]["value"]["selected"]
        for record in records
    }  # fmt: skip
    assert found == {
        ("Answer 0.", "Answer 1."): "left", ("Answer 0.", "Answer 2."): "right", ("Answer 1.", "Answer 2."): "right",
        ("Answer 1.", "Answer 3."): "right", ("Answer 2.", "Answer 3."): "left",
    }  # fmt: skip
    assert tally.left_out == {"pairs_tied_or_not_compared": 1}


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(one for reply in node["replies"] for one in nodes(reply))]


def learned(tree: dict[str, Any], language: str) -> list[tuple[str, list[str]]]:
    """Return what load_oasst_export(mode="rm") learns of a tree: (prefix, replies best first).

    Its rules: the tree is ready for export, its prompt passed review and is of the language, the prefix ends on a
    prompter and holds nothing deleted or synthetic, and more than one assistant's reply has a rank.
    """
    prompt = tree["prompt"]
    if tree["tree_state"] != "ready_for_export" or not prompt["review_result"] or prompt["lang"] != language:
        return []
    found: list[tuple[str, list[str]]] = []
    waiting = [[prompt]]
    while waiting:
        thread = waiting.pop()
        last = thread[-1]
        ranked = [one for one in last["replies"] if one["role"] == "assistant" and one["rank"] is not None]
        clean = not any(one["deleted"] or one["synthetic"] for one in thread)
        if clean and last["role"] == "prompter" and len(ranked) > 1:
            ranked.sort(key=lambda one: one["rank"])
            found.append((" ".join(one["text"] for one in thread), [one["text"] for one in ranked]))
        waiting += [[*thread, reply] for reply in last["replies"] if reply["replies"]]
    return found


@given(tasks(CLEAN))
def test_every_key_of_a_message_is_written(one: Task) -> None:
    (tree,) = open_assistant.rows(one)
    for node in nodes(json.loads(line_of(tree))["prompt"]):
        assert set(node) == NODE_KEYS


def test_their_reward_loader_learns_the_consensus_and_breaks_no_tie() -> None:
    other = OutsideAnswer(annotator="1", groups=((2,), (0,), (3,)), unacceptable=(1,))
    mirror = OutsideAnswer(annotator="3", groups=((2,), (3,), (0,)), unacceptable=(1,))
    (tree,) = open_assistant.rows(task(PARTIAL, other))
    assert learned(tree, "en") == [("Why?", ["Answer 2.", "Answer 0.", "Answer 3.", "Answer 1."])]
    (tree,) = open_assistant.rows(task(other, mirror))
    assert open_assistant.consensus(task(other, mirror)) == [[2], [0, 3], [1]]
    assert learned(tree, "en") == [("Why?", ["Answer 2.", "Answer 0.", "Answer 1."])]
    assert learned(tree, "sw") == []


def test_a_consensus_that_is_one_tie_has_no_rank() -> None:
    (tree,) = open_assistant.rows(task(OutsideAnswer(groups=((0, 1, 2, 3),))))
    assert [reply["rank"] for reply in tree["prompt"]["replies"]] == [None] * 4
    assert learned(tree, "en") == []


def test_a_prompt_of_several_turns_is_a_chain() -> None:
    one = task(PARTIAL, prompt="Human: Hi\n\nAssistant: Hello\n\nHuman: Why?")
    (tree,) = open_assistant.rows(one)
    assert [node["role"] for node in nodes(tree["prompt"])[:3]] == ["prompter", "assistant", "prompter"]
    assert learned(tree, "en")[0][0] == "Hi Hello Why?"
    (event,) = nodes(tree["prompt"])[2]["events"]["ranking"]
    assert event["ranked_message_ids"] == ["item-7-2", "item-7-0", "item-7-1"]


@given(tasks(CLEAN))
def test_an_event_ranks_no_two_that_the_ballot_left_open(one: Task) -> None:
    (tree,) = open_assistant.rows(one)
    events = nodes(tree["prompt"])
    (rankings,) = [node["events"]["ranking"] for node in events if node["events"]]
    for event, ballot in zip(rankings, one.ballots, strict=True):
        stated = {(pair.better, pair.worse) for pair in pairs(ballot.answer, "all")}
        order = event["ranking"]
        assert {(a, b) for at, a in enumerate(order) for b in order[at + 1 :]} <= stated


@settings(max_examples=40)
@given(tasks(CLEAN))
def test_argilla_takes_every_record(one: Task) -> None:
    import argilla as rg

    (record,) = argilla.rows(one)
    record = json.loads(line_of(record))
    read = rg.Record.from_dict(record)
    assert read.fields.to_dict() == record["fields"]
    responses = list(read.responses)
    assert [str(uuid.UUID(str(response.user_id))) for response in responses] == [
        response["user_id"] for response in record["responses"]["ranking"]
    ]
    options = {name for name in record["fields"] if name != "prompt"}
    for response in responses:  # Argilla's rules of a submitted ranking
        assert {entry["value"] for entry in response.value} == options
        assert len(response.value) == len(options)
        assert all(1 <= entry["rank"] <= len(options) for entry in response.value)
