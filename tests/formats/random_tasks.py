"""Random items with random ballots: every structure that a ballot may have, and any text that a database takes."""

from __future__ import annotations

from hypothesis import strategies as st

from annotation.answer_parts import DIMENSIONS, FLAG_KINDS, STRENGTHS
from annotation.formats.rows import OutsideAnswer
from annotation.formats.writers.tasks import Ballot, Task

# What PostgreSQL takes as text: no NUL, no half of a surrogate pair.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
# What an import takes for a text: control characters but tab and line ends are refused there, CR LF is read as LF.
CLEAN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=40
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn, k: int, person: str, note: st.SearchStrategy[str] = TEXT) -> OutsideAnswer:
    """Draw an answer about K completions: ties, unranked, unacceptable, strengths, ratings, flags and a note."""
    order = draw(st.permutations(range(k)))
    unacceptable = draw(st.integers(0, k))
    unranked = draw(st.integers(0, k - unacceptable))
    cuts = [0, unacceptable, unacceptable + unranked]
    ordered = order[cuts[2] :]
    groups: list[tuple[int, ...]] = []
    while ordered:
        size = draw(st.integers(1, len(ordered)))
        groups.append(tuple(sorted(ordered[:size])))
        ordered = ordered[size:]
    said = st.sampled_from([None, *STRENGTHS])
    boundaries = max(len(groups) - 1, 0)
    strengths = draw(st.lists(said, min_size=boundaries, max_size=boundaries)) if draw(st.booleans()) else []
    return OutsideAnswer(
        annotator=person,
        groups=tuple(groups),
        unranked=tuple(sorted(order[cuts[1] : cuts[2]])),
        unacceptable=tuple(sorted(order[: cuts[1]])),
        strengths=tuple(strengths) if any(strengths) else (),
        ratings=_said(draw(st.dictionaries(st.sampled_from(DIMENSIONS), _rating(k), max_size=3))),
        flags=draw(_flags(k)),
        note=draw(note),
    )


def _rating(k: int) -> st.SearchStrategy[tuple[int | None, ...]]:
    return st.lists(st.none() | st.integers(1, 5), min_size=k, max_size=k).map(tuple)


def _said(ratings: dict[str, tuple[int | None, ...]]) -> dict[str, tuple[int | None, ...]]:
    """Return the ratings as a ballot keeps them: in the order of the dimensions, none that says nothing."""
    return {name: ratings[name] for name in DIMENSIONS if any(v is not None for v in ratings.get(name, ()))}


def _flags(k: int) -> st.SearchStrategy[tuple[dict[str, object], ...]]:
    one = st.tuples(st.sampled_from(FLAG_KINDS), st.integers(-1, k - 1))
    return st.sets(one, max_size=3).map(
        lambda found: tuple(
            {"kind": kind, "completion": None if at < 0 else at} for kind, at in sorted(found)
        )
    )


@st.composite
def tasks(draw: st.DrawFn, text: st.SearchStrategy[str] = TEXT, most: int = 3) -> Task:
    """Draw an item with up to `most` ballots. Completions may be empty texts; a prompt says something."""
    k = draw(st.integers(2, 9))
    count = draw(st.integers(1, most))
    ballots = tuple(
        Ballot(
            draw(answers(k, f"heron-{number}", text)),
            shown_order=tuple(draw(st.permutations(range(k)))),
            facts={"ballot": f"b{number}", "submitted_at": "2026-11-21T10:00:00+00:00"},
        )
        for number in range(count)
    )
    return Task(
        number=draw(st.integers(1, 10**9)),
        prompt=draw(text.filter(lambda said: bool(said.strip()))),
        completions=tuple(draw(st.lists(text, min_size=k, max_size=k))),
        split=draw(st.sampled_from(["train", "validation", "test"])),
        simulated=draw(st.booleans()),
        ballots=ballots,
        facts={"item": 3, "policy": "tiny"},
    )
