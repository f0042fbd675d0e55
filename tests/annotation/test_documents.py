"""Terms and guidelines have versions; a new one is announced, compared, read on the clock and accepted by name."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from annotation.errors import InvalidProject, NotAccepted
from annotation.models import Acceptance, Document
from annotation.reading import changes, reading_ms, words
from annotation.selectors.projects import accepted_before, current_document
from annotation.services.documents import accept_document, write_document, write_documents
from annotation.services.taking import take_next
from byhand.accounts.models import InboxMessage
from byhand.errors import NotAllowed
from tests.annotation.world import World, make_draft, make_open
from wages.services.clock import start_work

pytestmark = pytest.mark.django_db


def guidelines(world: World, text: str, note: str = "") -> Document:
    return write_document(
        actor=world.engineer, project=world.project, kind="guidelines", text=text, change_note=note
    )


def test_words_and_reading_time() -> None:
    assert (words(" Read  all\nof it. "), words("")) == (4, 0)
    assert reading_ms(" ".join(["word"] * 500)) == 150_000


def test_in_scripts_without_spaces_characters_are_counted() -> None:
    assert words("河水向东流、不回头。") == 8
    assert words("ひらがな と カタカナ") == 9
    assert words("Rank 河 first") == 3
    assert words("แม่น้ำไหลไปทาง") == 4  # 14 signs, four a word
    assert words("강물이 동쪽으로 흐른다") == 3  # Korean has spaces
    assert reading_ms("河" * 200) == 60_000


def test_a_comparison_shows_what_went_what_came_and_one_line_around() -> None:
    old = "one\ntwo\nthree\nfour\nfive\nsix"
    new = "one\ntwo\nthree\nFOUR\nfive\nsix"
    assert [(line.kind, line.text, line.left_out) for line in changes(old, new)] == [
        ("gap", "", 2),
        ("same", "three", 0),
        ("removed", "four", 0),
        ("added", "FOUR", 0),
        ("same", "five", 0),
        ("gap", "", 1),
    ]
    assert changes(old, old) == []


def test_readers_of_the_version_before_are_told_and_nobody_else() -> None:
    world = make_open(annotators=2)
    guidelines(world, "Be kind.", "Shorter.")
    messages = InboxMessage.objects.order_by("pk")
    assert list(messages.values_list("user", flat=True)) == [user.pk for user in world.annotators]
    assert messages[0].subject == "Capitals: new guidelines, version 2"
    assert messages[0].body.startswith("Shorter.\n\nThe page shows what has changed")
    assert messages[0].link == f"/work/{world.project.pk}/"
    guidelines(world, "Be kind.")
    assert InboxMessage.objects.count() == 2


def test_a_new_version_is_accepted_before_the_next_item() -> None:
    world = make_open()
    second = guidelines(world, "Be kind.")
    start_work(worker=world.worker, project_id=world.project.pk, tab="t")
    with pytest.raises(NotAccepted):
        take_next(worker=world.worker, project=world.fresh())
    accept_document(user=world.worker, document_id=second.pk)
    assert take_next(worker=world.worker, project=world.fresh()) is not None


def test_the_comparison_is_with_the_version_that_this_person_accepted() -> None:
    world = make_open()
    first = current_document(world.project.pk, "guidelines")
    guidelines(world, "Second.")
    third = guidelines(world, "Third.")
    assert accepted_before(world.worker, third) == first
    assert accepted_before(world.engineer, third) is None


def test_several_texts_are_written_together_or_not_at_all() -> None:
    world = make_draft()
    before = Document.objects.count()
    with pytest.raises(InvalidProject):
        write_documents(
            actor=world.engineer, project=world.project, texts={"terms": "New terms.", "guidelines": " "},
            change_notes={},
        )  # fmt: skip
    assert Document.objects.count() == before
    made = write_documents(
        actor=world.engineer, project=world.project, texts={"terms": "New terms.", "guidelines": "New."},
        change_notes={"terms": "All of it."},
    )  # fmt: skip
    assert [(text.kind, text.version, text.change_note) for text in made] == [
        ("terms", 2, "All of it."),
        ("guidelines", 2, ""),
    ]


def test_a_note_that_is_too_long_changes_nothing() -> None:
    world = make_draft()
    with pytest.raises(InvalidProject):
        guidelines(world, "Be kind.", "x" * 1001)
    assert Document.objects.filter(kind="guidelines").count() == 1


def test_only_engineers_write_texts() -> None:
    world = make_draft()
    with pytest.raises(NotAllowed):
        write_document(actor=world.steward, project=world.project, kind="terms", text="Mine.")
    assert Document.objects.filter(kind="terms").count() == 1


def test_the_page_shows_every_version_and_what_changed_last(client: Client) -> None:
    world = make_draft()
    guidelines(world, "Be kind.\nBe brief.", "Start over.")
    guidelines(world, "Be kind.\nBe clear.", "Clear, not brief.")
    client.force_login(world.engineer)
    page = client.get(reverse("project-guidelines", args=[world.project.pk])).content.decode()
    assert "What changed from version 2 to 3" in page
    assert "Be brief." in page
    assert "Clear, not brief." in page
    assert "4 words" in page.replace("</span>", "")


def test_a_refused_text_comes_back_as_it_was_written(client: Client) -> None:
    world = make_draft()
    client.force_login(world.engineer)
    page = client.post(
        reverse("project-guidelines", args=[world.project.pk]), {"text": "New.", "change_note": "n" * 1001}
    )
    assert page.status_code == 422
    assert "New.</textarea>" in page.content.decode()
    assert Document.objects.filter(kind="guidelines").count() == 1


def test_accepting_again_keeps_the_first_record() -> None:
    world = make_open()
    document = current_document(world.project.pk, "terms")
    assert document is not None
    accept_document(user=world.worker, document_id=document.pk)
    assert Acceptance.objects.filter(document=document, user=world.worker).count() == 1
