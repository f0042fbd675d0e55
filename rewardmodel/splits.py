"""Builds the rows and the manifest of a frozen preference dataset. Pure: ballots in, bytes out, no input/output.

The split is by prompt group and by hash, so that a prompt never stands on two sides and stays on its side in every
later release. Rows are canonical and sorted by their own text: the same ballots, seed and key give the same digest,
and the order says nothing about who worked when.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from annotation.formats.pairs import comparisons
from annotation.formats.splitting import SHARES, SPLITS, canonical, split_of

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


class Ballot(Protocol):
    """What a row is made from; `annotation.selectors.BallotRow` has this shape."""

    @property
    def ballot_id(self) -> Any: ...
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
    placed: list[tuple[Any, Any, str]]  # (ballot id, lease id, split)

    @property
    def manifest_bytes(self) -> bytes:
        return canonical(self.manifest)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.manifest_bytes).hexdigest()


def tiers(ballot: Ballot) -> list[Sequence[int]]:
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
) -> Frozen:
    """Turn ballots into the files of a dataset. `skipped` counts work that ended without a ballot, by reason."""
    key = release_key(secret, ballots, seed)
    excluded: Counter[str] = Counter({f"skipped:{reason}": n for reason, n in skipped.items()})
    lines: dict[str, list[bytes]] = {split: [] for split in SPLITS}
    placed: list[tuple[Any, Any, str]] = []
    kept: list[tuple[Ballot, str]] = []
    for ballot in ballots:
        reason = exclusion(ballot)
        if reason:
            excluded[reason] += 1
            continue
        split = split_of(ballot.prompt_group, seed)
        lines[split].append(canonical(_row(ballot, key)))
        placed.append((ballot.ballot_id, ballot.lease_id, split))
        kept.append((ballot, split))
    files = {f"{split}.jsonl": b"".join(line + b"\n" for line in sorted(lines[split])) for split in SPLITS}
    manifest = {
        "format": FORMAT,
        "kind": "preference-dataset",
        "project": project,
        "simulated": simulated,
        "seed": seed,
        "shares": [str(share) for share in SHARES],
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for name, data in files.items()
        },
        "counts": _counts(kept),
        "excluded": dict(sorted(excluded.items())),
    }
    return Frozen(files, manifest, placed)


def _row(ballot: Ballot, key: bytes) -> dict[str, Any]:
    annotator = hmac.new(key, str(ballot.worker_id).encode(), hashlib.sha256).hexdigest()[:16]
    return {
        "prompt_id": str(ballot.prompt_id),
        "prompt_group": ballot.prompt_group,
        "prompt": ballot.prompt,
        "completions": list(ballot.completions),
        "groups": [sorted(group) for group in ballot.groups],
        "unranked": sorted(ballot.unranked),
        "unacceptable": sorted(ballot.unacceptable),
        "strengths": list(ballot.strengths),
        "annotator": annotator,
    }


def _counts(kept: Sequence[tuple[Ballot, str]]) -> dict[str, Any]:
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
