"""Turns what was read into what may leave: the one place where the two classes differ. Pure.

Internal: everything, people under the project's pseudonyms. Public: no ids, times or free text; people under numbers
drawn anew for each release, and no numbers at all where fewer than `FEWEST` people are inside.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.exports.options import Options
from annotation.formats.rows import OutsideAnswer
from annotation.formats.splitting import canonical, split_of
from annotation.formats.writers.tasks import ADJUDICATION, OUTSIDE, Ballot, Task

FEWEST = 5  # people, below which a public release tells nobody's rankings from another's
_BALLOT_FACTS = (
    "ballot", "lease", "status", "answer_hash", "supersedes", "taken_at", "expires_at", "submitted_at", "ended_at",
)  # fmt: skip
_PROMPT_FACTS = ("prompt_id", "prompt_group", "metadata", "import")
_ITEM_FACTS = ("item", "role", *_PROMPT_FACTS, "generation", "policy", "policy_digest")


def release_key(secret: bytes, root: str, options: Options) -> bytes:
    """Return the key of numbers and order: another one for each set of ballots and options, never published."""
    asked = canonical(options.as_json())
    return hmac.new(secret, b"export release\n" + root.encode() + b"\n" + asked, hashlib.sha256).digest()


def numbers_of(people: Iterable[int], key: bytes) -> dict[int, str]:
    """Return a number for each person, drawn by the key; none where they are fewer than FEWEST."""
    known = set(people)
    if len(known) < FEWEST:
        return {}
    drawn = sorted(known, key=lambda person: hmac.new(key, str(person).encode(), hashlib.sha256).digest())
    return {person: str(number) for number, person in enumerate(drawn, start=1)}


@dataclass
class Release:
    """One release: its options, marks and numbers. Counts items as it goes.

    `language` is that of prompts which name none; blank where the project has several. `not_rankable` counts the
    items that stand here although a reviewer found that they can't be ranked.
    """

    options: Options
    simulated: bool
    language: str
    project: str
    people: Mapping[int, str] = field(default_factory=dict)
    items: int = 0
    not_rankable: int = 0

    def task(self, row: Mapping[str, Any]) -> Task:
        """Return an item as it leaves."""
        ballots = [self._ballot(given) for given in row["ballots"]]
        decision = row.get("decision")
        if decision is not None and decision["answer"] is not None:
            ballots.append(self._decision(decision))
        facts = {name: row[name] for name in _ITEM_FACTS}
        if decision is not None:
            self.not_rankable += int(decision["answer"] is None)
            facts["decision"] = decision["decision"]
        return self._task(row, ballots, facts)

    def outside(self, rows: list[Mapping[str, Any]]) -> Task:
        """Return labels that were made elsewhere, all of the same prompt and completions."""
        ballots = [
            Ballot(
                self._answer(
                    {**given["answer"], "note": given["note"]}, "" if self.options.public else given["annotator"]
                ),
                origin=OUTSIDE, facts={} if self.options.public else {"label": given["label"]},
            )
            for given in rows
        ]  # fmt: skip
        facts = {name: rows[0][name] for name in _PROMPT_FACTS}
        return self._task(rows[0], ballots, facts)

    def _task(self, row: Mapping[str, Any], ballots: list[Ballot], facts: Mapping[str, Any]) -> Task:
        self.items += 1
        by_group = self.options.splits == "by_group"
        own = {"policy": facts["policy"]} if "policy" in facts else {}
        return Task(
            number=self.items,
            prompt=row["prompt"],
            completions=tuple(row["completions"]),
            split=split_of(row["prompt_group"], self.options.seed) if by_group else "all",
            simulated=self.simulated,
            language=row["language"] or self.language,
            ballots=tuple(ballots),
            facts=own if self.options.public else {"project": self.project, **facts},
        )

    def _ballot(self, given: Mapping[str, Any]) -> Ballot:
        if self.options.public:
            person = self.people.get(given["worker"], "")
            facts = {} if given["status"] == "counted" else {"status": given["status"]}
        else:
            person = given["pseudonym"]
            facts = {name: given[name] for name in _BALLOT_FACTS}
        return Ballot(self._answer(given, person), tuple(given["shown_order"]), facts=facts)

    def _decision(self, decision: Mapping[str, Any]) -> Ballot:
        facts = {name: decision[name] for name in ("adjudication", "decision", "decided_at")}
        answer = self._answer({**decision["answer"], "note": decision["said"]}, "")
        return Ballot(answer, origin=ADJUDICATION, facts={} if self.options.public else facts)

    def _answer(self, given: Mapping[str, Any], person: str) -> OutsideAnswer:
        free = self.options.free_text
        return OutsideAnswer(
            annotator=person,
            groups=tuple(tuple(group) for group in given["groups"]),
            unranked=tuple(given.get("unranked") or ()),
            unacceptable=tuple(given["unacceptable"]),
            strengths=tuple(given.get("strengths") or ()),
            ratings={name: tuple(values) for name, values in (given.get("ratings") or {}).items()},
            flags=tuple(given.get("flags") or ()) if free else (),
            note=(given.get("note") or "") if free else "",
        )
