"""Prompts come in as a whole file or not at all, and every bad line is named."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from annotation.errors import BadImport, BadSource, ImportRunning
from annotation.formats.readers.lines import MAX_LINE_BYTES
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import MAX_TEXT
from annotation.models import Prompt, PromptImport
from annotation.models import Source as SourceEntry
from annotation.services.imports import ImportResult, Source, check_prompts, import_prompts, start_import
from byhand.audit.models import AuditEvent
from byhand.errors import NotAllowed
from tests.annotation.imports_world import take_in
from tests.annotation.world import SOURCE, World, make_draft, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_draft()


def bring(world: World, content: str | bytes, filename: str = "p.jsonl", **options: Any) -> ImportResult:
    raw = content.encode() if isinstance(content, str) else content
    return import_prompts(
        actor=options.pop("actor", world.engineer),
        project=world.project,
        filename=filename,
        stream=io.BytesIO(raw),
        source=options.pop("source", SOURCE),
        **options,
    )


def refused(world: World, content: str | bytes, filename: str = "p.jsonl", **options: Any) -> list[str]:
    audited = AuditEvent.objects.count()
    with pytest.raises((BadImport, BadSource)) as error:
        bring(world, content, filename, **options)
    assert Prompt.every.count() == 0
    assert PromptImport.objects.count() == 0
    assert SourceEntry.objects.count() == 0
    assert AuditEvent.objects.count() == audited
    return error.value.problems


def test_jsonl_comes_in_with_its_groups_and_source(world: World) -> None:
    result = bring(world, '{"prompt": "One?", "prompt_group": "a"}\n\n{"text": "  Two?\\n", "other": [1]}\n')
    assert (result.status, result.rows, result.duplicates) == ("imported", 2, ())
    one, two = Prompt.objects.order_by("pk")
    assert (one.text, one.prompt_group, one.line) == ("One?", "a", 1)
    assert (two.text, two.prompt_group, two.line) == ("Two?", two.sha256[:16], 3)
    kept = result.prompt_import.source
    assert (kept.title, kept.creator, kept.licence, kept.consent) == (
        "written for this test", "the test", "CC0-1.0", "own_work",
    )  # fmt: skip


def test_csv_comes_in_with_quotes_and_line_breaks(world: World) -> None:
    result = bring(
        world, '\ufeffid,prompt,prompt_group\r\n1,"Say ""hi"",\nplease",g1\r\n2,Two?,\r\n', "p.CSV"
    )
    assert result.rows == 2
    assert list(Prompt.objects.order_by("pk").values_list("text", "line")) == [
        ('Say "hi",\nplease', 2),
        ("Two?", 4),
    ]


def test_named_fields_are_read(world: World) -> None:
    bring(world, '{"q": "One?", "g": 7, "prompt": "not this"}', fields=Fields(text="q", group="g"))
    assert Prompt.objects.get().text == "One?"
    assert Prompt.objects.get().prompt_group == "7"


def test_every_bad_line_of_a_jsonl_file_is_named_and_nothing_is_imported(world: World) -> None:
    lines = [
        b'{"prompt": "good"}', b"{", b'["a"]', b'{"answer": "x"}', b'{"prompt": 3}', b'{"prompt": "  "}',
        b'{"prompt": "nul \\u0000"}', b'{"prompt": "bell \\u0007"}', b'{"prompt": "half \\ud800"}',
        b'{"prompt": "\xff"}',
        b'{"prompt": "g", "prompt_group": ["a"]}', json.dumps({"prompt": "x" * (MAX_TEXT + 1)}).encode(),
    ]  # fmt: skip
    problems = refused(world, b"\n".join(lines))
    assert [problem.partition(":")[0] for problem in problems] == [f"line {n}" for n in range(2, 13)]
    assert problems[0] == "line 2: not JSON: Expecting property name enclosed in double quotes at column 2"
    assert problems[2] == "line 4: has no field “prompt” or “text” or “question” or “instruction”"
    assert problems[5] == "line 7: “prompt” holds a control character (U+0000) at character 5"
    assert problems[7] == "line 9: “prompt” holds a half of a surrogate pair (U+D800) at character 6"
    assert problems[8] == "line 10: not UTF-8 (byte 13 of the line); save the file as UTF-8"


def test_every_bad_line_of_a_csv_file_is_named_and_nothing_is_imported(world: World) -> None:
    problems = refused(world, b"prompt,prompt_group\ngood,a\nonly one\n,b\nthree,c,d\nlast \x01,e\n", "p.csv")
    assert problems == [
        "line 3: has 1 columns, the header has 2",
        "line 4: “prompt” is empty",
        "line 5: has 3 columns, the header has 2",
        "line 6: “prompt” holds a control character (U+0001) at character 6",
    ]


@pytest.mark.parametrize(
    ("content", "filename", "problem"),
    [
        (b"", "p.jsonl", "line 1: no rows"),
        (
            b"id,answer\n1,2\n", "p.csv",
            "line 1: the header has no column “prompt” or “text” or “question” or “instruction”",
        ),
        (b"prompt,prompt\na,b\n", "p.csv", "line 1: the header names a column twice"),
        (
            b"x", "p.parquet",
            "file: this looks like plain text; give it the ending .jsonl or .csv, or name the format.",
        ),
        (
            b'{"prompt": "' + b"x" * MAX_LINE_BYTES + b'"}', "p.jsonl",
            "line 1: longer than 4,194,304 bytes; reading stopped here",
        ),
        (b'prompt\n"never closed\n', "p.csv", "line 2: not CSV: unexpected end of data; reading stopped here"),
    ],
)  # fmt: skip
def test_a_file_that_cant_be_read_is_refused(
    world: World, content: bytes, filename: str, problem: str
) -> None:
    assert refused(world, content, filename) == [problem]


def test_a_file_over_the_limit_is_refused(world: World, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    assert refused(world, b" " * (1024 * 1024 + 1)) == ["file: at most 1 MiB; split it."]


def test_five_hundred_problems_are_listed_and_the_rest_is_counted(world: World) -> None:
    problems = refused(world, "x\n" * 612)
    assert len(problems) == 501
    assert problems[-1] == "and 112 more bad lines"


def test_repeated_prompts_are_left_out_and_reported(world: World) -> None:
    bring(world, '{"prompt": "One?"}')
    result = bring(world, '{"prompt": "Two?"}\n{"prompt": "Two?"}\n{"prompt": "One?"}')
    assert result.rows == 1
    assert result.duplicates == ("line 2: same text as line 1", "line 3: already in this project")
    assert Prompt.objects.count() == 2


def test_the_same_file_again_is_replayed(world: World) -> None:
    first = bring(world, '{"prompt": "One?"}\n{"prompt": "Two?"}')
    again = bring(world, '{"prompt": "One?"}\n{"prompt": "Two?"}', "other-name.jsonl")
    assert (again.status, again.prompt_import.pk, again.rows) == ("replayed", first.prompt_import.pk, 2)
    assert (Prompt.objects.count(), PromptImport.objects.count()) == (2, 1)


def test_a_file_of_known_prompts_alone_is_refused(world: World) -> None:
    bring(world, '{"prompt": "One?"}')
    with pytest.raises(BadImport) as error:
        bring(world, '{"prompt": "One?"}\n')
    assert error.value.problems == ["line 1: already in this project"]
    assert PromptImport.objects.count() == 1


def test_the_source_is_required_in_every_part(world: World) -> None:
    problems = refused(world, '{"prompt": "One?"}', source=Source("", " ", "x" * 121, "maybe"))
    assert [problem.partition(":")[0] for problem in problems] == ["source", "creator", "licence", "consent"]


def test_a_check_reports_and_changes_nothing(world: World) -> None:
    bring(world, '{"prompt": "One?"}')
    checked = check_prompts(
        actor=world.engineer, project=world.project, filename="p.jsonl",
        stream=io.BytesIO(b'{"prompt": "One?"}\n{"prompt": "Two?"}'),
    )  # fmt: skip
    assert (checked.rows, [row.prompt for row in checked.sample]) == (1, ["Two?"])
    assert checked.duplicates == ("line 1: already in this project",)
    assert Prompt.objects.count() == 1


def test_only_engineers_of_the_organisation_import(world: World) -> None:
    with pytest.raises(NotAllowed):
        bring(world, '{"prompt": "One?"}', actor=person("stranger"))
    assert Prompt.objects.count() == 0


def test_a_small_file_waits_while_a_large_one_comes_in(world: World) -> None:
    upload = take_in(world, b'{"prompt": "Large?"}\n')
    start_import(actor=world.engineer, upload=upload)
    with pytest.raises(ImportRunning):
        bring(world, '{"prompt": "Small?"}')
    assert (Prompt.every.count(), PromptImport.objects.count()) == (0, 0)
