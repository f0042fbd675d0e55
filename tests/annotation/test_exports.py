"""An export from the request to the files: what is inside, what is left out and counted, and the same twice."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Adjudication, Ballot, Export, OutsideLabel, Participation, Review
from tests.annotation.exports_world import ExportWorld, begin, exported_folders, made, ranked_world, run
from wages.transparency.merkle import leaf_hash, root

HASH = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[ExportWorld]:
    with django_db_blocker.unblock():
        yield ranked_world()


def rows(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        found += [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    return found


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return found


def adjudicate(world: ExportWorld, number: int, groups: list[list[int]] | None) -> Adjudication:
    """Let a reviewer decide an item, on all the ballots that it has."""
    item, now = world.items[number], timezone.now()
    ballots = [str(pk) for pk in Ballot.objects.filter(item=item).values_list("pk", flat=True)]
    Participation.objects.get_or_create(
        project=world.project, user=world.base.annotator, simulated=world.project.simulated,
        defaults={"pseudonym": "reviewer", "joined_at": now},
    )  # fmt: skip
    review = Review.objects.create(
        project=world.project, item=item, reviewer=world.base.annotator, shown_ballots=ballots, state="decided",
        taken_at=now, expires_at=now, ended_at=now,
    )  # fmt: skip
    answer = None if groups is None else {"groups": groups, "unranked": [], "unacceptable": []}
    return Adjudication.objects.create(
        item=item, review=review, reviewer=world.base.annotator, answer=answer, ballots=ballots, key="k" * 8,
        decision="ranking" if groups else "unrankable", decision_hash="0" * 64, created_at=now,
    )  # fmt: skip


def test_it_works(world: ExportWorld) -> None:
    folder = made(world, "ballots")
    assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == folder.name
    assert len(rows(folder)) == 72
    found = manifest(folder)
    assert found["counts"] == {
        "ballots": 72, "annotators": 6, "rows": 72, "items": 12, "adjudications": 0, "outside_labels": 0
    }  # fmt: skip
    for name, file in found["files"].items():
        data = (folder / name).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["bytes"])
    assert set(found["files"]) == {"README.md"} | {
        f"{split}.jsonl" for split, n in found["splits"].items() if n["rows"]
    }


def test_an_internal_row_holds_everything(world: ExportWorld) -> None:
    item = world.item("One more?")
    ballot = world.ballot(
        item, 2, [[3], [0]], unranked=[2], unacceptable=[1], strengths=["strong"], note="Why not.",
        flags=[{"kind": "other", "completion": 1}], ratings={"clarity": [1, None, 5, 3]},
    )  # fmt: skip
    (row,) = [row for row in rows(made(world, "ballots")) if row["prompt"] == "One more?"]
    assert row["answer"] == {
        "groups": [[3], [0]], "unranked": [2], "unacceptable": [1], "strengths": ["strong"], "note": "Why not.",
        "flags": [{"kind": "other", "completion": 1}], "ratings": {"clarity": [1, None, 5, 3]},
    }  # fmt: skip
    assert row["annotator"] == "heron-2"
    assert row["shown_order"] == [3, 2, 1, 0]
    assert row["completions"] == [f"One more? answer {index}" for index in range(4)]
    assert row["facts"]["ballot"] == str(ballot.pk)
    assert row["facts"]["lease"] == str(ballot.lease_id)
    assert row["facts"]["policy_digest"] == "a" * 64
    assert {"taken_at", "submitted_at", "prompt_group", "answer_hash"} <= set(row["facts"])


def test_a_public_row_has_no_id_no_time_and_no_free_text(world: ExportWorld) -> None:
    item = world.item("One more?")
    world.ballot(item, 2, [[3], [0], [1], [2]], note="I am Ana.", flags=[{"kind": "other", "completion": 1}])
    folder = made(world, "ballots", "public")
    for row in rows(folder):
        assert set(row) == {
            "format", "simulated", "split", "item", "origin", "prompt", "completions", "language", "shown_order",
            "annotator", "answer", "facts",
        }  # fmt: skip
        assert row["facts"] == {"policy": "base"}
        assert row["answer"]["note"] == ""
        assert row["answer"]["flags"] == []
        assert row["annotator"] in {"1", "2", "3", "4", "5", "6"}
    everything = b"".join(path.read_bytes() for path in folder.glob("*.jsonl")).decode()
    assert "Ana" not in everything
    assert "heron" not in everything
    assert not HASH.search(everything)
    assert not re.search(r"\d{4}-\d\d-\d\d", everything)


def test_free_text_goes_public_only_for_a_named_reason(world: ExportWorld) -> None:
    item = world.item("One more?")
    world.ballot(item, 2, [[3], [0], [1], [2]], note="A note.")
    folder = made(world, "ballots", "public", free_text_reason="All six agreed to it on 1 November.")
    assert "A note." in {row["answer"]["note"] for row in rows(folder)}
    assert manifest(folder)["options"]["free_text_reason"] == "All six agreed to it on 1 November."


@pytest.mark.parametrize("people", [4, 5])
def test_fewer_than_five_people_are_not_told_apart_in_public(
    own_database: str, django_db_blocker: Any, people: int
) -> None:
    with django_db_blocker.unblock():
        world = ranked_world(people=people, items=3)
        folder = made(world, "ballots", "public")
        numbers = {row.get("annotator") for row in rows(folder)}
        table = made(world, "parquet", "public")
        counted = manifest(folder)["counts"]["annotators"]
    import pyarrow.parquet as pq

    columns = pq.read_schema(next(table.glob("data/*.parquet"))).names
    if people < 5:
        assert numbers == {None}
        assert counted == "fewer than 5"
        assert "annotator" not in columns
    else:
        assert numbers == {"1", "2", "3", "4", "5"}
        assert counted == 5
        assert "annotator" in columns


def test_numbers_of_people_are_drawn_anew_for_another_set_of_ballots(world: ExportWorld) -> None:
    """Who is who can't be followed from one release to the next by the number."""

    def by_number(folder: Path) -> dict[str, set[str]]:
        found = defaultdict(set)
        for row in rows(folder):
            found[row["annotator"]].add(json.dumps([row["prompt"], row["answer"]["groups"]]))
        return found

    first = by_number(made(world, "ballots", "public"))
    seen = [list(by_number(made(world, "ballots", "public", seed=seed))) for seed in (2, 3, 4, 5)]
    world.ballot(world.item("One more?"), 0, [[0], [1], [2], [3]])
    second = by_number(made(world, "ballots", "public"))
    assert set(first) == set(second) == {"1", "2", "3", "4", "5", "6"}
    assert any(order != seen[0] for order in seen[1:])


def test_what_does_not_count_is_left_out_and_counted_by_reason(world: ExportWorld) -> None:
    ranked = world.items[0]
    first = Ballot.objects.filter(item=ranked, worker=world.people[0]).get()
    world.ballot(ranked, 0, [[3], [2], [1], [0]], supersedes=first)
    world.ballot(ranked, 1, [[3], [2], [1], [0]], repeat=True)
    world.ballot(ranked, 2, [[3], [2], [1], [0]], surplus=True)
    world.ballot(world.item("Gold?", role="gold"), 0, [[0], [1], [2], [3]])
    world.ballot(world.item("First?", role="qualification"), 0, [[0], [1], [2], [3]])
    folder = made(world, "ballots")
    assert manifest(folder)["excluded"] == {
        "gold": 1, "qualification": 1, "repeats": 1, "superseded": 1, "surplus": 1
    }  # fmt: skip
    assert len(rows(folder)) == 72
    assert str(first.pk) not in {row["facts"]["ballot"] for row in rows(folder)}


def test_what_is_asked_for_is_inside_and_says_what_it_is(world: ExportWorld) -> None:
    world.ballot(world.items[0], 1, [[3], [2], [1], [0]], repeat=True)
    world.ballot(world.items[0], 2, [[3], [2], [1], [0]], surplus=True)
    world.ballot(world.item("Gold?", role="gold"), 0, [[0], [1], [2], [3]])
    folder = made(world, "ballots", "public", include=["gold", "surplus"])
    found = [row["facts"].get("status") for row in rows(folder)]
    assert sorted(filter(None, found)) == ["gold", "surplus"]
    assert manifest(folder)["excluded"] == {"repeats": 1}


def test_no_prompt_group_is_on_two_sides(own_database: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        world = ranked_world(items=0)
        for number in range(40):
            world.ballot(world.item(f"Prompt {number}?", group=f"g{number // 4}"), 0, [[0], [1], [2], [3]])
        folder = made(world, "ballots", seed=3)
    sides = defaultdict(set)
    for row in rows(folder):
        sides[row["facts"]["prompt_group"]].add(row["split"])
        assert row in [json.loads(line) for line in (folder / f"{row['split']}.jsonl").open()]
    assert len(sides) == 10
    assert all(len(splits) == 1 for splits in sides.values())
    assert len({split for splits in sides.values() for split in splits}) > 1
    assert manifest(folder)["policies"]["split"]["seed"] == 3


def test_the_same_ballots_and_options_are_the_same_bytes(world: ExportWorld) -> None:
    for file_format in ("ballots", "parquet", "datasets", "label_studio"):
        first = made(world, file_format)
        before = {path: path.read_bytes() for path in sorted(first.rglob("*")) if path.is_file()}
        for path in before:
            path.unlink()
        for path in sorted(first.rglob("*"), reverse=True):
            path.rmdir()
        first.rmdir()
        assert made(world, file_format) == first
        assert {path: path.read_bytes() for path in sorted(first.rglob("*")) if path.is_file()} == before


def test_one_more_ballot_is_another_export(world: ExportWorld) -> None:
    first = made(world, "ballots")
    world.ballot(world.item("One more?"), 0, [[0], [1], [2], [3]])
    second = made(world, "ballots")
    assert first.name != second.name
    assert manifest(first)["ballots_root"] != manifest(second)["ballots_root"]


def test_the_root_proves_which_ballots_were_inside_also_of_a_public_release(world: ExportWorld) -> None:
    facts = sorted(
        (row["facts"]["ballot"], row["facts"]["answer_hash"]) for row in rows(made(world, "ballots"))
    )
    expected = root(
        [leaf_hash(f"ballot:{ballot} answer:{answer}".encode()) for ballot, answer in facts]
    ).hex()
    public = manifest(made(world, "trl", "public"))
    assert public["ballots_root"]["sha256"] == expected
    assert public["ballots_root"]["leaves"] == 72


def test_simulated_work_is_marked_in_manifest_card_and_every_row(world: ExportWorld) -> None:
    for file_format in ("ballots", "trl", "hh", "open_assistant"):
        folder = made(world, file_format)
        assert {row["simulated"] for row in rows(folder)} == {True}
        assert manifest(folder)["simulated"] is True
        assert "**Simulated.**" in (folder / "README.md").read_text()
        assert "- simulated\n" in (folder / "README.md").read_text()


def test_real_work_has_no_mark_and_points_to_its_reports(own_database: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        folder = made(ranked_world(simulated=False, items=2), "trl")
    assert not any("simulated" in row for row in rows(folder))
    assert manifest(folder)["labour"]["reports"] == "/reports/"
    assert "Simulated" not in (folder / "README.md").read_text()


def test_sources_and_licences_stand_in_manifest_and_card(world: ExportWorld) -> None:
    folder = made(world, "ballots", "public")
    assert manifest(folder)["sources"] == [
        {"title": "test", "creator": "test", "licence": "CC0-1.0", "consent": "own_work"}
    ]
    assert "- test, by test: licence CC0-1.0; consent: own work" in (folder / "README.md").read_text()


def test_pairs_and_ties_are_counted(world: ExportWorld) -> None:
    folder = made(world, "trl", pairs="adjacent")
    ties = sum(len(row["answer"]["groups"]) == 3 for row in rows(made(world, "ballots")))
    assert ties == 18
    assert len(rows(folder)) == (72 - ties) * 3 + ties * 3  # [0, 1] above [2] above [3]: two pairs and one
    assert manifest(folder)["rows_left_out"] == {"pairs_tied_or_not_compared": ties}
    assert manifest(folder)["policies"]["pairs"].startswith("adjacent: ")


def test_a_margin_that_some_pair_lacks_is_refused_and_nothing_is_kept(world: ExportWorld) -> None:
    world.ballot(world.item("Unsaid?"), 0, [[0], [1], [2], [3]])
    export = begin(world, "trl", margin="required")
    assert run(export) == "failed"
    export.job.refresh_from_db()
    assert "6 of 420 pairs have no stated strength" in export.job.error
    assert exported_folders() == []
    assert export.job.attempt == 1


def test_a_margin_where_it_was_stated_is_on_every_row(world: ExportWorld) -> None:
    world.ballot(world.item("Unsaid?"), 0, [[0], [1], [2], [3]])
    folder = made(world, "trl", margin="where_stated")
    assert {row["margin"] for row in rows(folder)} == {1.0, 2.0, 3.0}
    assert manifest(folder)["rows_left_out"]["pairs_without_strength"] == 6


def test_a_decision_stands_beside_the_rankings_or_in_their_place(world: ExportWorld) -> None:
    adjudicate(world, 0, [[3], [2], [1], [0]])
    beside = made(world, "ballots")
    assert manifest(beside)["counts"]["adjudications"] == 1
    (row,) = [row for row in rows(beside) if row["origin"] == "adjudication"]
    assert row["answer"]["groups"] == [[3], [2], [1], [0]]
    assert len(rows(beside)) == 73
    alone = made(world, "ballots", adjudicated="replace")
    assert len(rows(alone)) == 67
    assert manifest(alone)["excluded"] == {"adjudicated": 6}
    without = made(world, "ballots", adjudicated="leave_out")
    assert {row["origin"] for row in rows(without)} == {"annotation"}


def test_an_item_that_a_reviewer_found_unrankable_is_gone_where_decisions_replace(world: ExportWorld) -> None:
    adjudicate(world, 0, None)
    beside = made(world, "ballots")
    assert len(rows(beside)) == 72
    assert manifest(beside)["counts"]["not_rankable"] == 1
    said = {row["prompt"] for row in rows(beside) if row["facts"].get("decision") == "unrankable"}
    assert said == {"What is in box 0?"}
    assert all("decision" not in row["facts"] for row in rows(made(world, "ballots", "public")))
    folder = made(world, "ballots", adjudicated="replace")
    assert len(rows(folder)) == 66
    assert manifest(folder)["excluded"] == {"not_rankable": 6}
    assert "What is in box 0?" not in {row["prompt"] for row in rows(folder)}


def test_outside_labels_come_only_if_asked_and_always_marked(world: ExportWorld) -> None:
    prompt = world.items[0].prompt
    for place in range(2):
        OutsideLabel.every.create(
            prompt=prompt, prompt_import=prompt.prompt_import, line=1, place=place, completions=["yes", "no"],
            answer={"groups": [[0], [1]], "unranked": [], "unacceptable": []}, annotator_hash="x" * 64,
        )  # fmt: skip
    assert len(rows(made(world, "ballots"))) == 72
    folder = made(world, "ballots", outside=True)
    marked = [row for row in rows(folder) if row["origin"] == "outside"]
    assert len(marked) == 2
    assert {row["wages"] for row in marked} == {"outside, no wages recorded"}
    assert len({row["item"] for row in marked}) == 1
    assert manifest(folder)["counts"]["outside_labels"] == 2
    assert manifest(folder)["counts"]["items"] == 12
    public = [row for row in rows(made(world, "trl", "public", outside=True)) if "wages" in row]
    assert len(public) == 2


def test_nothing_to_export_is_refused(own_database: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        export = begin(ranked_world(items=0), "ballots")
        assert run(export) == "failed"
        export.job.refresh_from_db()
        assert "nothing to export" in export.job.error
        assert not hasattr(Export.objects.get(pk=export.pk), "result")
        assert exported_folders() == []


def test_no_file_names_a_path_or_a_host(world: ExportWorld, settings: Any) -> None:
    for file_format in ("ballots", "datasets", "label_studio", "argilla"):
        folder = made(world, file_format)
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix != ".zip":
                data = path.read_bytes()
                assert str(settings.BASE_DIR).encode() not in data
                assert str(folder.parent).encode() not in data
                assert settings.SITE_URL.encode() not in data


def test_datasets_reads_the_folder_by_its_card(world: ExportWorld, tmp_path: Path) -> None:
    from datasets import load_dataset, load_from_disk

    for file_format in ("ballots", "trl", "parquet"):
        folder = made(world, file_format)
        loaded = load_dataset(str(folder), cache_dir=str(tmp_path / file_format))
        assert {split: len(data) for split, data in loaded.items()} == {
            split: n["rows"] for split, n in manifest(folder)["splits"].items() if n["rows"]
        }
    folder = made(world, "datasets")
    assert sum(len(data) for data in load_from_disk(str(folder)).values()) == 72
