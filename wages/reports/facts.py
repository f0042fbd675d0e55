"""Gathers the snapshot of a report from the closed periods. Reads only; the one place where reports meet
rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from uuid import UUID

from wages.models import AccountKind, PaidProject, Period, Posting, RateCard, SliceLeaf
from wages.rates.pools import pools_of
from wages.reports import disclosure
from wages.reports.errors import BadSubject, NothingClosed
from wages.reports.snapshot import (
    Leaf,
    PayerFact,
    ProjectFact,
    RateCardFact,
    Slice,
    Snapshot,
    parse_leaf,
    relevant,
)
from wages.reports.subject import ReportSubject
from wages.transparency.models import LogLeaf


def gather(subject: ReportSubject) -> Snapshot:
    """Return the frozen facts behind the subject; raises NothingClosed if none of its work is in a closed
    period.
    """
    projects = tuple(_project(project) for project in sorted(subject.projects, key=str))
    slices = relevant(_slices(subject.projects), subject.direct_work)
    if not slices:
        raise NothingClosed(
            "None of the work behind this model is in a closed pay period. Close the period first: "
            "public figures come from closed periods only."
        )
    return Snapshot(
        projects=projects,
        slices=slices,
        sent_micro=_moved(subject.projects, AccountKind.WORKER_SENT),
        received_micro=_moved(subject.projects, AccountKind.WORKER_RECEIVED),
        p_percent=disclosure.P_PERCENT,
    )


def leaves_of(period_ids: Iterable[int]) -> dict[int, tuple[Leaf, ...]]:
    """Return the frozen leaves of each period, padding left out."""
    found: dict[int, list[Leaf]] = {period_id: [] for period_id in period_ids}
    for period_id, body in SliceLeaf.objects.filter(period_id__in=found).values_list("period_id", "body"):
        leaf = parse_leaf(body)
        if leaf is not None:
            found[period_id].append(leaf)
    return {period_id: tuple(leaves) for period_id, leaves in found.items()}


def _slices(project_ids: Iterable[UUID]) -> tuple[Slice, ...]:
    periods = list(Period.objects.filter(project_id__in=list(project_ids), closed_at__isnull=False))
    leaves, indexes = leaves_of(period.pk for period in periods), _log_indexes()
    return tuple(
        Slice(
            period_id=period.pk,
            project=str(period.project_id),
            label=period.label,
            starts=period.starts.isoformat(),
            ends=period.ends.isoformat(),
            root=period.root,
            log_index=indexes.get(period.root),
            leaves=leaves[period.pk],
        )
        for period in periods
    )


def _log_indexes() -> dict[str, int]:
    """Return where the closing of each period, named by its root, is in the log."""
    rows = LogLeaf.objects.filter(kind="period").values_list("index", "entry")
    return {json.loads(bytes(entry))["body"].get("root", ""): index for index, entry in rows}


def _project(project_id: UUID) -> ProjectFact:
    project = PaidProject.objects.select_related("organisation").filter(pk=project_id).first()
    if project is None:
        raise BadSubject(f"projects: {project_id} is not a project with pay.")
    named = [pool.version for pool in pools_of(project.pk) if pool.version]
    payers = tuple(PayerFact(payer.legal_entity, payer.country, payer.relation) for payer in named)
    cards = RateCard.objects.filter(project=project).order_by("version")
    return ProjectFact(
        id=str(project.pk),
        title=project.title,
        organisation=project.organisation.name,
        currency=project.currency,
        simulated=project.simulated,
        floor_micro=project.declared_floor_micro,
        payers=payers,
        rate_cards=tuple(_rate_card(card) for card in cards),
    )


def _rate_card(card: RateCard) -> RateCardFact:
    until = card.period.upper
    return RateCardFact(
        id=f"{card.project_id}/v{card.version}",
        hourly_micro=card.hourly_micro,
        valid_from=card.period.lower.isoformat(),
        valid_to="" if until is None else until.isoformat(),
    )


def _moved(project_ids: Iterable[UUID], kind: AccountKind) -> int | None:
    """Return 0 while nothing was ever moved there; None once it was, since no rule says yet which sums are safe.

    What became of each period's pay is known (`wages.selectors.payouts`); to publish it beside what was earned, both
    must be of the same covered periods, or the difference would tell what a small crew earned.
    """
    accounts = Posting.objects.filter(account__project_id__in=list(project_ids), account__kind=kind)
    return None if accounts.exists() else 0
