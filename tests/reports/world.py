"""A small frozen world for report tests: six workers, one week, figures that can be checked by hand."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from byhand.accounts.models import Organisation, User
from wages.models import PaidProject, Period, Pool, PoolVersion, RateCard, SliceLeaf
from wages.reports.snapshot import Leaf, PayerFact, ProjectFact, RateCardFact, Slice, Snapshot
from wages.reports.subject import Base, Energy, Gate, ReportSubject, Step

PROJECT = uuid.UUID("5b0c6f0e-7f1d-4f6e-9a9b-2f8f2d3a1c10")
CARD = f"{PROJECT}/v1"
HOURLY = 18_000_000  # USD 18 an hour is 5 micro-units a millisecond: every sum is exact
MINUTE = 60_000
STARTS = datetime(2026, 11, 16, tzinfo=UTC)
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def leaf(worker: str, category: str, minutes: int, work: str | None = None, **changes: Any) -> Leaf:
    """A paid leaf at USD 18 an hour, unless `rate_card=None`."""
    card = changes.pop("rate_card", CARD)
    earned = minutes * MINUTE * 5 if card else 0
    fields = {"earned_micro": earned, "currency": "USD", "simulated": False, **changes}
    return Leaf(worker=worker, category=category, work=work, ms=minutes * MINUTE, rate_card=card, **fields)


def crew_leaves(crew: int = 6, **changes: Any) -> tuple[Leaf, ...]:
    """Each worker: 100 direct minutes, 20 on a skip, 15 of guidelines, 5 of waiting. 140 minutes, USD 42."""
    found = []
    for number in range(crew):
        worker = f"{number:032x}"
        found += [
            leaf(worker, "task", 60, f"rank:direct-{number}-a", **changes),
            leaf(worker, "task", 40, f"rank:direct-{number}-b", **changes),
            leaf(worker, "task", 20, f"rank:skipped-{number}", **changes),
            leaf(worker, "guidelines", 15, **changes),
            leaf(worker, "waiting", 5, **changes),
        ]
    return tuple(found)


def direct_of(leaves: Iterable[Leaf]) -> frozenset[str]:
    return frozenset(leaf.work for leaf in leaves if leaf.work and leaf.work.startswith("rank:direct"))


def slice_of(
    leaves: tuple[Leaf, ...], week: int = 47, period_id: int = 1, project: str = str(PROJECT)
) -> Slice:
    starts = STARTS + timedelta(weeks=week - 47)
    return Slice(
        period_id=period_id,
        project=project,
        label=f"2026-W{week}",
        starts=starts.isoformat(),
        ends=(starts + timedelta(weeks=1)).isoformat(),
        root="ab" * 32,
        log_index=0,
        leaves=leaves,
    )


def project_fact(**changes: Any) -> ProjectFact:
    fields: dict[str, Any] = {
        "id": str(PROJECT),
        "title": "Helpful answers",
        "organisation": "Example Cooperative",
        "currency": "USD",
        "simulated": False,
        "floor_micro": 15_000_000,
        "payers": (PayerFact("Example Cooperative", "KE", "contractor"),),
        "rate_cards": (RateCardFact(CARD, HOURLY, STARTS.isoformat(), ""),),
    }
    return ProjectFact(**{**fields, **changes})


def snapshot(*slices: Slice, **changes: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "projects": (project_fact(),),
        "slices": slices or (slice_of(crew_leaves()),),
        "sent_micro": 0,
        "received_micro": 0,
        "p_percent": 10,
    }
    return Snapshot(**{**fields, **changes})


def subject(**changes: Any) -> ReportSubject:
    fields: dict[str, Any] = {
        "slug": "helper-small",
        "title": "Helper small, round 1",
        "model_digest": "c0" * 32,
        "files": {"model.safetensors": "d1" * 32, "config.json": "e2" * 32},
        "base": Base("tiny base", "b0" * 32, "trained from nothing on made-up sentences"),
        "simulated": False,
        "runs": (
            Step("reward", "reward 1", "a1" * 32, "3 epochs, seed 7"),
            Step("ppo", "ppo 1", "a2" * 32, "seed 7"),
        ),
        "datasets": (Step("preferences", "Helpful answers, first freeze", "a3" * 32, rows=480),),
        "direct_work": direct_of(crew_leaves(6)),
        "projects": (PROJECT,),
        "counts": {"rankings": 480, "skips": 6},
        "machine_counts": {"prompts": 600, "completions generated": 2400},
        "gates": (Gate("G2", True, {"gain": "0.41 (0.22 to 0.60)"}),),
        "energy": Energy(),
        "not_known": ("Whether the prompts were written by their importer.",),
        "offered_to": {PROJECT: 8},
        "guidelines": {"Ranking guidelines v1": "f3" * 32},
    }
    return ReportSubject(**{**fields, **changes})


def user(email: str = "steward@example.org") -> User:
    return User.objects.filter(email=email).first() or User.objects.create_user(email=email, password=None)


def store(
    leaves: tuple[Leaf, ...],
    *,
    week: int = 47,
    simulated: bool = False,
    title: str = "Helpful answers",
    closed: bool = True,
) -> Period:
    """Write a period with these leaves, and the project behind it if it is not there."""
    project = PaidProject.objects.filter(pk=PROJECT).first() or _store_project(simulated, title)
    starts = STARTS + timedelta(weeks=week - 47)
    period = Period.objects.create(
        project=project,
        starts=starts,
        ends=starts + timedelta(weeks=1),
        label=f"2026-W{week}",
        closing_at=starts + timedelta(weeks=1) if closed else None,
        closed_at=starts + timedelta(weeks=1) if closed else None,
        closed_by=User.objects.get(email="steward@example.org") if closed else None,
        earned_micro=sum(leaf.earned_micro for leaf in leaves) if closed else None,
        spent_micro=sum(leaf.earned_micro for leaf in leaves) if closed else None,
        root="ab" * 32 if closed else "",
    )
    bodies = [body_of(leaf) for leaf in leaves] + ['{"category":"padding","v":1,"worker":""}'] * 3
    for position, body in enumerate(bodies):
        SliceLeaf.objects.create(period=period, position=position, body=body, salt=bytes(32))
    return period


def body_of(leaf: Leaf) -> str:
    fields = {**vars(leaf), "v": 1, "ms": str(leaf.ms), "earned_micro": str(leaf.earned_micro)}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def _store_project(simulated: bool, title: str) -> PaidProject:
    steward = user()
    owner = Organisation.objects.create(
        name="Example Cooperative", slug="coop", country="KE", simulated=simulated
    )
    project = PaidProject.objects.create(
        id=PROJECT,
        organisation=owner,
        title=title,
        currency="USD",
        simulated=simulated,
        declared_floor_micro=15_000_000,
    )
    pool = Pool.objects.create(project=project, name="Main pool", is_default=True, created_by=steward)
    PoolVersion.objects.create(
        pool=pool, legal_entity=owner.name, country="KE", relation="contractor", since=STARTS.date(),
        created_by=steward,
    )  # fmt: skip
    RateCard.objects.create(
        project=project, version=1, hourly_micro=HOURLY, period=(STARTS, None), created_by=steward
    )
    return project
