"""Builds the rows and the manifest of a frozen preference dataset. Pure: ballots in, bytes out, no input/output.

The split is by prompt group and by hash, so that a prompt never stands on two sides and stays on its side in every
later release. Rows are canonical and sorted by their own text: the same ballots, seed and key give the same digest,
and the order says nothing about who worked when.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


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
    def unacceptable(self) -> Sequence[int]: ...
    @property
    def worker_id(self) -> Any: ...
    @property
    def lease_id(self) -> Any: ...
    @property
    def surplus(self) -> bool: ...


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


def canonical(value: Any) -> bytes:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def split_of(prompt_group: str, seed: int) -> str:
    """Return the split of a prompt group, from its hash alone."""
    head = hashlib.sha256(f"{seed}\n{prompt_group}".encode()).digest()[:8]
    share = int.from_bytes(head, "big") / 2**64
    return "train" if share < SHARES[0] else "validation" if share < SHARES[0] + SHARES[1] else "test"


def exclusion(ballot: Ballot) -> str | None:
    """Return why a ballot teaches nothing here, or None. Excluded work is counted, never hidden: it was paid."""
    if ballot.surplus:
        return "surplus"
    if len(ballot.groups) + bool(ballot.unacceptable) < 2:
        return "no_preference"
    return None


def comparisons(groups: Sequence[Sequence[int]], unacceptable: Sequence[int]) -> int:
    """Count the strict pairs that a ranking states: every acceptable one beats every unacceptable one."""
    sizes = [len(group) for group in [*groups, unacceptable] if group]
    return sum(one * other for one, other in combinations(sizes, 2))


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
        "format": 1,
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
        "unacceptable": sorted(ballot.unacceptable),
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
        "comparisons": sum(comparisons(ballot.groups, ballot.unacceptable) for ballot, _ in kept),
        "prompts": len(by_prompt),
        "prompts_labelled_twice": sum(len(workers) > 1 for workers in by_prompt.values()),
        "annotators": len({str(ballot.worker_id) for ballot, _ in kept}),
        "splits": {s: {"rankings": rankings[s], "prompts": len(prompts_in[s])} for s in SPLITS},
    }
