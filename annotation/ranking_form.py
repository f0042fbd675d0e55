"""The ranking page as a form: what each field is called, what was entered, and the answer that it says.

Owns the names of the fields and the words of a refusal, which name answers by their place on the page. The scripts
of the page write the same fields. Knows neither the database nor requests; the answer is judged by
`annotation.ranking.parse_answer` in the end.

    rank_<index>          1 is best, the same number is a tie       unacceptable_<index>   below everything
    rest_below            the others stay below, in no order        strength_<index>       better than the next rank by
    rating_<name>_<index> 1 to 5                                    flag                   <kind>:<index or "item">
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.ranking import FLAG_KINDS, RATINGS, STRENGTHS, Asked, InvalidRanking

Label = str | Promise
SNIPPET = 90
ITEM = "item"
DIMENSION_LABELS: Mapping[str, Label] = {
    "accuracy": gettext_lazy("Accuracy"),
    "helpfulness": gettext_lazy("Helpfulness"),
    "clarity": gettext_lazy("Clarity"),
    "conciseness": gettext_lazy("Conciseness"),
    "appropriateness": gettext_lazy("Appropriateness"),
    "safety": gettext_lazy("Safety"),
}
FLAG_LABELS: Mapping[str, Label] = {
    "personal_data": gettext_lazy("Personal data of somebody"),
    "harmful": gettext_lazy("Harmful"),
    "illegal": gettext_lazy("Illegal"),
    "broken_text": gettext_lazy("Broken text"),
    "wrong_language": gettext_lazy("Wrong language"),
    "other": gettext_lazy("Something else (say it in the note)"),
}
STRENGTH_LABELS: Mapping[str, Label] = {
    "slight": gettext_lazy("Slightly"),
    "clear": gettext_lazy("Clearly"),
    "strong": gettext_lazy("Strongly"),
}


@dataclass(frozen=True)
class Entered:
    """What was posted: one text per field, and every flag. By default nothing was."""

    texts: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()

    def text(self, name: str) -> str:
        return self.texts.get(name, "").strip()


@dataclass(frozen=True)
class Option:
    value: str
    label: Label
    checked: bool


@dataclass(frozen=True)
class Rating:
    """One dimension of one answer: the name of its radio buttons, and those."""

    name: str
    label: Label
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Fields:
    """The fields of one answer, as they were entered."""

    place: int
    index: int
    text: str
    rank: str
    unacceptable: bool
    strengths: tuple[Option, ...]
    ratings: tuple[Rating, ...]
    flags: tuple[Option, ...]

    @property
    def snippet(self) -> str:
        return self.text[: SNIPPET * 2]


class ShownAnswer(Protocol):
    @property
    def place(self) -> int: ...
    @property
    def index(self) -> int: ...
    @property
    def text(self) -> str: ...


def fields_of(shown: Sequence[ShownAnswer], asked: Asked, entered: Entered) -> list[Fields]:
    """Return the fields of every answer in the order of the page; nothing is filled in that `entered` does not say."""
    return [
        Fields(
            place=answer.place,
            index=answer.index,
            text=answer.text,
            rank=entered.text(f"rank_{answer.index}")[:2],
            unacceptable=bool(entered.text(f"unacceptable_{answer.index}")),
            strengths=_strengths(answer.index, entered) if asked.strength else (),
            ratings=tuple(_rating(name, answer.index, entered) for name in asked.dimensions),
            flags=flag_options(str(answer.index), entered),
        )
        for answer in shown
    ]


def entered_of(answer: Mapping[str, Any], note: str = "") -> Entered:
    """Return the fields that say `answer` again, for its author to change it."""
    texts = {"note": note, "rest_below": "1" if answer["unranked"] else ""}
    for rank, group in enumerate(answer["groups"], start=1):
        strength = (answer["strengths"] or [None] * rank)[rank - 1 : rank]
        for index in group:
            texts[f"rank_{index}"] = str(rank)
            texts[f"strength_{index}"] = strength[0] or "" if strength else ""
    texts |= {f"unacceptable_{index}": "1" for index in answer["unacceptable"]}
    for name, values in answer["ratings"].items():
        texts |= {f"rating_{name}_{index}": str(value) for index, value in enumerate(values) if value}
    targets = ((flag["kind"], flag["completion"]) for flag in answer["flags"])
    return Entered(texts, [f"{kind}:{ITEM if target is None else target}" for kind, target in targets])


def flag_options(target: str, entered: Entered) -> tuple[Option, ...]:
    """Return the kinds of flags for an answer's index, or for ITEM."""
    said = entered.flags
    return tuple(
        Option(f"{kind}:{target}", FLAG_LABELS[kind], f"{kind}:{target}" in said) for kind in FLAG_KINDS
    )


def _strengths(index: int, entered: Entered) -> tuple[Option, ...]:
    said = entered.text(f"strength_{index}")
    return tuple(Option(name, STRENGTH_LABELS[name], name == said) for name in STRENGTHS)


def _rating(dimension: str, index: int, entered: Entered) -> Rating:
    name = f"rating_{dimension}_{index}"
    said = entered.text(name)
    options = tuple(Option(str(value), str(value), str(value) == said) for value in RATINGS)
    return Rating(name, DIMENSION_LABELS[dimension], options)


def answer_of_form(entered: Entered, asked: Asked, shown_order: Sequence[int]) -> dict[str, Any]:
    """Return the body for `parse_answer`, or raise InvalidRanking with every problem, answers named by place."""
    problems: list[str] = []
    ranks = {index: _rank(entered, index, place, asked.k, problems) for place, index in _places(shown_order)}
    unacceptable = [index for index in shown_order if entered.text(f"unacceptable_{index}")]
    for place, index in _places(shown_order):
        if index in unacceptable and ranks[index] is not None:
            problems.append(
                _("Answer %(place)d has both a rank and the mark unacceptable.") % {"place": place}
            )
    blank = [index for index in shown_order if ranks[index] is None and index not in unacceptable]
    unranked = blank if asked.top_m is not None and entered.text("rest_below") else []
    if not problems:
        problems += _missing(blank, unranked, ranks, asked, shown_order)
    if problems:
        raise InvalidRanking(_("Place every answer before you submit."), problems)
    numbers = sorted({rank for rank in ranks.values() if rank is not None})
    groups = [[index for index in shown_order if ranks[index] == number] for number in numbers]
    return {
        "groups": groups,
        "unranked": unranked,
        "unacceptable": unacceptable,
        "strengths": _said_strengths(entered, groups, asked),
        "ratings": _said_ratings(entered, asked),
        "flags": _said_flags(entered),
    }


def _places(shown_order: Sequence[int]) -> list[tuple[int, int]]:
    return list(enumerate(shown_order, start=1))


def _rank(entered: Entered, index: int, place: int, k: int, problems: list[str]) -> int | None:
    text = entered.text(f"rank_{index}")
    if not text:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= k:
        return int(text)
    problems.append(
        _("Answer %(place)d: a rank is a number from 1 to %(k)d, not “%(text)s”.")
        % {"place": place, "k": k, "text": text[:20]}
    )
    return None


def _missing(
    blank: list[int],
    unranked: list[int],
    ranks: Mapping[int, int | None],
    asked: Asked,
    shown_order: Sequence[int],
) -> list[str]:
    if unranked:
        ordered = sum(rank is not None for rank in ranks.values())
        if ordered >= (asked.top_m or 0):
            return []
        return [
            _("Order the best %(m)d before the rest can stay below: %(ordered)d so far.")
            % {"m": asked.top_m, "ordered": ordered}
        ]
    return [
        _("Answer %(place)d is not placed yet.") % {"place": place}
        for place, index in _places(shown_order)
        if index in blank
    ]


def _said_strengths(entered: Entered, groups: list[list[int]], asked: Asked) -> list[str | None]:
    """Return one strength per boundary. Where answers of a tie say different ones, none of them counts."""
    if not asked.strength:
        return []
    said = [{entered.text(f"strength_{index}") for index in group} - {""} for group in groups[:-1]]
    return [next(iter(words)) if len(words) == 1 else None for words in said]


def _said_ratings(entered: Entered, asked: Asked) -> dict[str, list[int | str | None]]:
    def value(name: str, index: int) -> int | str | None:
        text = entered.text(f"rating_{name}_{index}")
        return _number(text) if text else None

    return {name: [value(name, index) for index in range(asked.k)] for name in asked.dimensions}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _said_flags(entered: Entered) -> list[dict[str, Any]]:
    pairs = (entry.partition(":") for entry in entered.flags)
    return [
        {
            "kind": kind,
            "completion": None if target == ITEM else _number(target),
        }
        for kind, _colon, target in pairs
    ]
