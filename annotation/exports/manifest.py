"""The manifest of an export and its README: what is inside, by which rules, and what was left out. Pure.

Nothing in here depends on when or where the export was made: the same ballots and options give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.exports.catalogue import ASPECTS, FORMATS
from annotation.exports.options import CLASSES, Options
from annotation.exports.release import FEWEST
from annotation.formats.pairs import MARGIN_OF, MARGINS, POLICIES
from annotation.formats.splitting import RULE, SHARES, SPLITS

FORMAT = "byhand.export/1"
NAME, CARD = "manifest.json", "README.md"
LEAF = "ballot:<id> answer:<answer hash>, in the order of the ids"


@dataclass
class Facts:
    """What the manifest says of the work inside. `ballots_root` commits to every ballot, also in public."""

    project: str
    title: str
    organisation: str
    simulated: bool
    languages: list[str]
    ballots: int
    ballots_root: str
    people: int
    left_out: Mapping[str, int]
    sources: list[dict[str, str]]
    counts: dict[str, int] = field(default_factory=dict)
    splits: dict[str, dict[str, int]] = field(default_factory=dict)
    rows_left_out: dict[str, int] = field(default_factory=dict)


def manifest(facts: Facts, options: Options, files: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest; `files` gives sha256 and bytes of each file but itself."""
    few = options.public and facts.people < FEWEST
    return {
        "format": FORMAT,
        "kind": "annotation-export",
        "file_format": options.file_format,
        "class": options.export_class,
        "simulated": facts.simulated,
        "project": {"id": facts.project, "title": facts.title, "organisation": facts.organisation},
        "options": {key: value for key, value in options.as_json().items() if key != "export_class"},
        "policies": policies(options),
        "files": dict(sorted(files.items())),
        "counts": {
            "ballots": facts.ballots,
            "annotators": f"fewer than {FEWEST}" if few else facts.people,
            **facts.counts,
        },
        "splits": facts.splits,
        "excluded": dict(sorted(facts.left_out.items())),
        "rows_left_out": dict(sorted(facts.rows_left_out.items())),
        "ballots_root": {
            "sha256": facts.ballots_root,
            "tree": "RFC 6962, SHA-256",
            "leaves": facts.ballots,
            "leaf": LEAF,
        },
        "sources": [_source(source, options.public) for source in facts.sources],
        "labour": labour(facts),
    }


def policies(options: Options) -> dict[str, Any]:
    """Return the rules by which rows were made, in words."""
    used = FORMATS[options.file_format].options
    said: dict[str, Any] = {"ties": "never broken; two of one group make no pair"}
    if "pairs" in used:
        said["pairs"] = f"{options.pairs}: {POLICIES[options.pairs]}"
    if "margin" in used:
        said["margin"] = f"{options.margin}: {MARGINS[options.margin]}"
        said["margin_of_a_boundary"] = dict(MARGIN_OF)
    if options.splits == "by_group":
        shares = dict(zip(SPLITS, map(str, SHARES), strict=True))
        said["split"] = {"rule": RULE, "seed": options.seed, "shares": shares}
    return said


def labour(facts: Facts) -> dict[str, Any]:
    """Return where the hours and wages of this work are to be read. No amount ever stands in an export."""
    if facts.simulated:
        text = "Simulated work by simulated people: no hours or wages of anybody are behind it."
    else:
        text = (
            "The hours and wages of this work are in the organisation's public labour reports, not in here."
        )
    return {"text": text, "reports": "/reports/"}


def _source(source: Mapping[str, str], public: bool) -> dict[str, str]:
    return {name: value for name, value in source.items() if value and not (public and name == "id")}


def hashes(folder: Path) -> dict[str, dict[str, Any]]:
    """Return sha256 and bytes of every file below `folder`, by its name from there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = {"sha256": digest, "bytes": path.stat().st_size}
    return found


def card(facts: Facts, options: Options, data_files: Mapping[str, str]) -> str:
    """Return the README: a dataset card whose header tells `datasets` which file is which split."""
    one = FORMATS[options.file_format]
    mark = "**Simulated.** Simulated people made these rankings; they say nothing of real preferences.\n\n"
    return (
        _header(facts, data_files)
        + f"\n# {_inline(facts.title)}\n\n{mark if facts.simulated else ''}"
        + f"{one.explanation} Class: {options.export_class} ({CLASSES[options.export_class]}).\n\n"
        + _list(
            "How much", {**_flat(facts), **{f"{name} rows": n["rows"] for name, n in facts.splits.items()}}
        )
        + _list("Left out, by reason", {**facts.left_out, **facts.rows_left_out})
        + _list("What this format keeps", {ASPECTS[name]: value for name, value in one.keeps.items()})
        + "## Sources and licences\n\n"
        + ("".join(map(_source_line, facts.sources)) or "None on record.\n")
        + f"\n## Hours and wages\n\n{labour(facts)['text']}\n\n"
        + f"`{NAME}` has the options, the policies and the sha256 of every file.\n"
    )


def _flat(facts: Facts) -> dict[str, int]:
    return {"ballots": facts.ballots, **facts.counts}


def _header(facts: Facts, data_files: Mapping[str, str]) -> str:
    languages = "".join(f"- {json.dumps(code)}\n" for code in facts.languages)
    tags = ["preference", "ranking"] + (["simulated"] if facts.simulated else [])
    files = "".join(f"  - split: {split}\n    path: {path}\n" for split, path in data_files.items())
    return (
        "---\n"
        + (f"language:\n{languages}" if languages else "")
        + "tags:\n" + "".join(f"- {tag}\n" for tag in tags)
        + (f"configs:\n- config_name: default\n  data_files:\n{files}" if files else "")
        + "---\n"
    )  # fmt: skip


def _list(title: str, values: Mapping[str, Any]) -> str:
    lines = "".join(f"- {name}: {value}\n" for name, value in values.items()) or "Nothing.\n"
    return f"## {title}\n\n{lines}\n"


def _source_line(source: Mapping[str, str]) -> str:
    said = (
        f"- {_inline(source['title'])}, by {_inline(source['creator'])}: licence {_inline(source['licence'])}"
    )
    reason = f" ({_inline(source['reason'])})" if source["reason"] else ""
    return f"{said}; consent: {source['consent'].replace('_', ' ')}{reason}\n"


def _inline(text: str) -> str:
    """Return text that stays on its line and is read as text: no markup of whoever wrote it."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!&" else c for c in " ".join(text.split()))
