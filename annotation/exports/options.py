"""What somebody asks of an export, checked. Pure: the same options always mean the same files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from annotation.exports.catalogue import FORMATS
from annotation.formats.pairs import MARGINS, POLICIES
from annotation.formats.writers.label_studio import SHAPES
from annotation.formats.writers.pairwise import MARKERS
from byhand.errors import Invalid

CLASSES = {
    "internal": "everything, for the engineers of this organisation; every download is recorded",
    "public": "no ids, times or free text; people are numbered anew in each release",
}
SPLIT_RULES = {"by_group": "train, validation and test, by prompt group", "none": "one file with everything"}
EXTRAS = {
    "repeats": "hidden repeats",
    "gold": "rankings of gold items",
    "qualification": "rankings of qualification items",
    "surplus": "rankings that came when the item was full",
}
ADJUDICATED = {
    "accompany": "the decision stands beside the rankings it was made on",
    "replace": "the decision stands alone; the rankings it was made on, and items that can't be ranked, are left out",
    "leave_out": "the rankings alone",
}
LONGEST_REASON = 300
_CHOICES: dict[str, Mapping[str, str]] = {
    "splits": SPLIT_RULES,
    "adjudicated": ADJUDICATED,
    "pairs": POLICIES,
    "margin": MARGINS,
    "shape": SHAPES,
    "markers": MARKERS,
}
_OF_FORMATS = {"pairs", "margin", "shape", "markers"}


class BadOptions(Invalid):
    code = "bad_export_options"


@dataclass(frozen=True)
class Options:
    """`include` names of `EXTRAS`. `free_text_reason`: why notes and flags go into a public release; blank: they don't.

    `seed` is the salt of the split and of the numbers that people get. `outside` adds labels made elsewhere.
    """

    export_class: str
    file_format: str
    seed: int = 1
    splits: str = "by_group"
    include: tuple[str, ...] = ()
    adjudicated: str = "accompany"
    outside: bool = False
    free_text_reason: str = ""
    pairs: str = "all"
    margin: str = "none"
    shape: str = "ranker"
    markers: str = "leave_out"

    @property
    def public(self) -> bool:
        return self.export_class == "public"

    @property
    def free_text(self) -> bool:
        """Whether notes and flags are in the rows."""
        return not self.public or bool(self.free_text_reason)

    def as_json(self) -> dict[str, Any]:
        """Return what was chosen, without the options that the format has no use for."""
        used = set(FORMATS[self.file_format].options)
        chosen = {
            name: value for name, value in asdict(self).items() if name not in _OF_FORMATS or name in used
        }
        return {**chosen, "include": list(self.include)}


def parse_options(body: Mapping[str, Any]) -> Options:
    """Return the options in `body`, or raise BadOptions with every problem. `class` and `format` are required."""
    given = dict(body)
    problems: list[str] = []
    export_class, file_format = given.pop("class", None), given.pop("format", None)
    if export_class not in CLASSES:
        problems.append(f"class: one of {', '.join(CLASSES)}")
    if file_format not in FORMATS:
        problems.append(f"format: one of {', '.join(FORMATS)}")
        raise BadOptions("The export can't be made.", problems)
    problems += _unknown(given, str(file_format)) + _bad_choices(given) + _bad_rest(given, export_class)
    if problems:
        raise BadOptions("The export can't be made.", problems)
    given["include"] = tuple(sorted(set(given.get("include", ()))))
    given["free_text_reason"] = str(given.get("free_text_reason", "")).strip()
    return Options(export_class=str(export_class), file_format=str(file_format), **given)


def _unknown(given: Mapping[str, Any], file_format: str) -> list[str]:
    common = {"seed", "splits", "include", "adjudicated", "outside", "free_text_reason"}
    known = common | set(FORMATS[file_format].options)
    return [
        f"{name}: the format {file_format} has no such option" if name in _OF_FORMATS else f"{name}: unknown"
        for name in sorted(set(given) - known)
    ]


def _bad_choices(given: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: one of {', '.join(choices)}"
        for name, choices in _CHOICES.items()
        if name in given and given[name] not in choices
    ]


def _bad_rest(given: Mapping[str, Any], export_class: object) -> list[str]:
    problems = []
    seed, include, reason = given.get("seed", 1), given.get("include", ()), given.get("free_text_reason", "")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**31:
        problems.append("seed: a whole number from 0 to 2147483647")
    if not isinstance(include, list | tuple) or any(name not in EXTRAS for name in include):
        problems.append(f"include: a list of {', '.join(EXTRAS)}")
    if not isinstance(given.get("outside", False), bool):
        problems.append("outside: true or false")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON or "\x00" in reason:
        problems.append(f"free_text_reason: at most {LONGEST_REASON} characters")
    elif reason.strip() and export_class == "internal":
        problems.append("free_text_reason: an internal export holds notes and flags anyway; leave this blank")
    return problems
