"""Builds the rows and the manifest of a frozen preference dataset. Pure: ballots in, bytes out, no input/output.

The split is by prompt group and by hash, so that a prompt never stands on two sides and stays on its side in every
later release. Rows are canonical and sorted by their own text: the same ballots, seed and key give the same digest,
and the order says nothing about who worked when.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from annotation.formats.pairs import comparisons
from annotation.formats.splitting import SHARES, SPLITS, canonical, split_of
from rewardmodel.decided import ACCOMPANY, Decided, DecidedRow, by_ballot, row_of

__all__ = [
    "FORMAT",
    "SPLITS",
    "Ballot",
    "Frozen",
    "canonical",
    "exclusion",
    "freeze",
    "release_key",
    "split_of",
]

FORMAT = 2  # 2 added `unranked` and `strengths` to the rows; rows without them read as empty


class Ranking(Protocol):
    """What a row is made from: a ballot, or what a reviewer decided."""

    @property
    def prompt_id(self) -> Any: ...
    @property
    def prompt_group(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def completions(self) -> Sequence[str]: ...
    @property
    def groups(self) -> Sequence[Sequence[int]]: ...
    @property
    def unranked(self) -> Sequence[int]: ...
    @property
    def unacceptable(self) -> Sequence[int]: ...
    @property
    def strengths(self) -> Sequence[str | None]: ...
    @property
    def worker_id(self) -> Any: ...


class Ballot(Ranking, Protocol):
    """`annotation.selectors.BallotRow` has this shape."""

    @property
    def ballot_id(self) -> Any: ...
    @property
    def lease_id(self) -> Any: ...
    @property
    def surplus(self) -> bool: ...
    @property
    def repeat(self) -> bool: ...
    @property
    def role(self) -> str: ...


@dataclass(frozen=True)
class Frozen:
    """A dataset ready to be stored: its files, its manifest, and which ballot went where."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    placed: list[tuple[Any, Any, str]]  # (ballot id, lease id, split); those behind a decided row, too

    @property
    def manifest_bytes(self) -> bytes:
        return canonical(self.manifest)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.manifest_bytes).hexdigest()


def tiers(ballot: Ranking) -> list[Sequence[int]]:
    """Return what a ballot puts above what: the groups, the unranked together, the unacceptable together."""
    return [tier for tier in (*ballot.groups, ballot.unranked, ballot.unacceptable) if tier]


def exclusion(ballot: Ballot) -> str | None:
    """Return why a ballot teaches nothing here, or None. Excluded work is counted, never hidden: it was paid."""
    if ballot.role != "rank":
        return ballot.role
    if ballot.repeat:
        return "repeat"
    if ballot.surplus:
        return "surplus"
    if len(tiers(ballot)) < 2:
        return "no_preference"
    return None


def release_key(secret: bytes, ballots: Iterable[Ballot], seed: int) -> bytes:
    """Return the key of the annotator ids: new for each set of ballots, the same when that set is frozen again."""
    ids = "\n".join(sorted(str(ballot.ballot_id) for ballot in ballots))
    return hmac.new(secret, f"dataset release\n{seed}\n{ids}".encode(), hashlib.sha256).digest()


def freeze(
    ballots: Sequence[Ballot],
    *,
    project: str,
    simulated: bool,
    seed: int,
    secret: bytes,
    skipped: Mapping[str, int],
    decisions: Sequence[Decided] = (),
    adjudication: str = ACCOMPANY,
    left_out: Mapping[str, int] | None = None,
    quality: Callable[[Mapping[Any, str]], bytes | None] = lambda _names: None,
) -> Frozen:
    """Turn ballots into the files of a dataset. `skipped` counts work that ended without a ballot, by reason.

    Items that a reviewer found not rankable are left out in any case. With `adjudication` "replace" one decided row
    stands in place of the ballots that it was made on. `left_out` counts what is not among the ballots at all, by
    reason. `quality` is given the annotators of this release by worker,
    and returns the quality file, or None where there are no figures.
    """
    key = release_key(secret, ballots, seed)
    excluded: Counter[str] = Counter({f"skipped:{reason}": n for reason, n in skipped.items()})
    excluded.update(left_out or {})
    lines: dict[str, list[bytes]] = {split: [] for split in SPLITS}
    rows, behind, decided = _choose(ballots, by_ballot(decisions), adjudication, excluded)
    kept = [(row, split_of(row.prompt_group, seed)) for row in rows]
    for row, split in kept:
        lines[split].append(canonical(_row(row, key)))
    placed = [(each.ballot_id, each.lease_id, split_of(each.prompt_group, seed)) for each in behind]
    files = {f"{split}.jsonl": b"".join(line + b"\n" for line in sorted(lines[split])) for split in SPLITS}
    weights = quality({row.worker_id: _annotator(row.worker_id, key) for row in rows})
    if weights is not None:
        files["quality.json"] = weights
    manifest = {
        "format": FORMAT,
        "kind": "preference-dataset",
        "project": project,
        "simulated": simulated,
        "seed": seed,
        "adjudication": {"option": adjudication, "decided_items": decided},
        "shares": [str(share) for share in SHARES],
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for name, data in files.items()
        },
        "counts": _counts(kept),
        "excluded": dict(sorted(excluded.items())),
    }
    return Frozen(files, manifest, placed)


def _choose(
    ballots: Sequence[Ballot], seen_in: Mapping[str, Decided], adjudication: str, excluded: Counter[str]
) -> tuple[list[Ranking], list[Ballot], int]:
    """Return the rows, the ballots whose work is behind them, and how many decided items are inside."""
    rows: list[Ranking] = []
    behind: list[Ballot] = []
    replaced: dict[Decided, list[Ballot]] = defaultdict(list)
    beside: set[Decided] = set()
    for ballot in ballots:
        reason, decided = exclusion(ballot), seen_in.get(str(ballot.ballot_id))
        if decided is not None and reason in {None, "no_preference"}:
            reason = decided.instead(adjudication) or reason
        if reason:
            excluded[reason] += 1
        else:
            rows.append(ballot)
            behind.append(ballot)
        if decided is not None and reason == "adjudicated":
            replaced[decided].append(ballot)
        elif decided is not None and reason is None:
            beside.add(decided)
    for decided, its in replaced.items():
        row = row_of(decided, its[0])
        if len(tiers(row)) < 2:
            excluded["decision_without_preference"] += 1
            continue
        rows.append(row)
        behind += its
        beside.add(decided)
    return rows, behind, len(beside)


def _annotator(worker_id: Any, key: bytes) -> str:
    return hmac.new(key, str(worker_id).encode(), hashlib.sha256).hexdigest()[:16]


def _row(ballot: Ranking, key: bytes) -> dict[str, Any]:
    decided = {"adjudication": ballot.decision} if isinstance(ballot, DecidedRow) else {}
    return {
        "prompt_id": str(ballot.prompt_id),
        "prompt_group": ballot.prompt_group,
        "prompt": ballot.prompt,
        "completions": list(ballot.completions),
        "groups": [sorted(group) for group in ballot.groups],
        "unranked": sorted(ballot.unranked),
        "unacceptable": sorted(ballot.unacceptable),
        "strengths": list(ballot.strengths),
        "annotator": _annotator(ballot.worker_id, key),
        **decided,
    }


def _counts(kept: Sequence[tuple[Ranking, str]]) -> dict[str, Any]:
    by_prompt: dict[str, set[str]] = defaultdict(set)
    for ballot, _ in kept:
        by_prompt[str(ballot.prompt_id)].add(str(ballot.worker_id))
    prompts_in: dict[str, set[str]] = {split: set() for split in SPLITS}
    rankings: Counter[str] = Counter(dict.fromkeys(SPLITS, 0))
    for ballot, split in kept:
        prompts_in[split].add(str(ballot.prompt_id))
        rankings[split] += 1
    return {
        "rankings": len(kept),
        "comparisons": sum(comparisons(tiers(ballot)) for ballot, _ in kept),
        "prompts": len(by_prompt),
        "prompts_labelled_twice": sum(len(workers) > 1 for workers in by_prompt.values()),
        "annotators": len({str(ballot.worker_id) for ballot, _ in kept}),
        "splits": {s: {"rankings": rankings[s], "prompts": len(prompts_in[s])} for s in SPLITS},
    }
