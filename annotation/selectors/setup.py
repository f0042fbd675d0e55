"""Reads for the set-up of a project: its settings, what is still missing and what the worst case costs."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.estimates import Estimate
from annotation.models import Ballot, DocumentKind, Item, ItemRole, Project, ProjectState
from annotation.project_settings import NAMES, Bound, Settings
from annotation.publishing import Facts, Reason, for_pilot, for_publishing
from annotation.selectors.estimates import measured_now, rankings_given, time_estimate
from annotation.selectors.gold import active_items
from annotation.selectors.projects import ballots_wanted, current_document
from byhand.money import ceil_div, exponent, to_minor_up
from byhand.money.rounding import MICRO_DIGITS
from wages.errors import NotPublishable
from wages.models import PaidProject
from wages.rates.publishing import NOTHING_TO_DO
from wages.rates.readiness import WorstParts, worst_parts
from wages.reservation import left_micro
from wages.selectors import current_rate
from wages.services.projects import require_publishable


@dataclass(frozen=True)
class Funding:
    """The money side in figures: micro-units of `currency`. `ballots` are those the worst case counts."""

    currency: str
    hourly_micro: int
    declared_floor_micro: int
    ballots: int
    lease_ms: int
    worst_micro: int
    left_micro: int
    covers: int | None
    parts: WorstParts

    @property
    def fees_percent(self) -> str:
        return f"{self.parts.fees_permille / 10:g}"

    @property
    def missing_micro(self) -> int:
        return max(self.worst_micro - self.left_micro, 0)

    @property
    def worst_shown_micro(self) -> int:
        """What a page shows: rounded up to the currency's smallest unit, as the browser does while one types."""
        return self._up(self.worst_micro)

    @property
    def missing_shown_micro(self) -> int:
        return self._up(self.missing_micro)

    def _up(self, micro: int) -> int:
        unit: int = 10 ** (MICRO_DIGITS - exponent(self.currency))
        return to_minor_up(micro, self.currency) * unit


def settings_of(project: Project) -> Settings:
    """Return the settings as they are now."""
    values = {name: getattr(project, name) for name in NAMES}
    values["languages"] = tuple(project.languages)
    values["dimensions"] = tuple(project.dimensions)
    return Settings(**values)


def bound_facts(project: Project) -> Bound:
    """Return what decides which settings stand fast."""
    return Bound(
        published=project.state not in {ProjectState.DRAFT, ProjectState.PILOT},
        has_items=Item.objects.filter(project=project).exists(),
        has_ballots=Ballot.objects.filter(lease__project=project).exists(),
        pay_set=PaidProject.objects.filter(pk=project.pk).exists(),
    )


def ballots_planned(project: Project) -> int:
    """Return how many rankings the worst case counts: what is missing now, hidden gold and repeats included.

    Before there are items, every prompt is taken to be ranked by the full overlap.
    """
    if Item.objects.filter(project=project).exists():
        wanted = ballots_wanted(project)
    else:
        wanted = project.prompts.count() * project.overlap
        wanted = min(wanted, project.target_ballots or wanted)
    return ceil_div(wanted * (100 + project.gold_percent + project.repeat_percent), 100)


def funding(project: Project, estimate: Estimate | None = None) -> Funding | None:
    """Return the worst case and what is set aside; `covers`: rankings that the rest pays for at the estimate."""
    paid, rate = PaidProject.objects.filter(pk=project.pk).first(), current_rate(project.pk)
    if paid is None or rate is None:
        return None
    ballots, left = ballots_planned(project), left_micro(project.pk)
    parts = worst_parts(paid, rate)
    each = estimate.p75_ms * rate.hourly_micro if estimate else 0
    return Funding(
        currency=paid.currency,
        hourly_micro=rate.hourly_micro,
        declared_floor_micro=paid.declared_floor_micro,
        ballots=ballots,
        lease_ms=project.lease_ms,
        worst_micro=parts.micro(ballots=ballots, lease_ms=project.lease_ms),
        parts=parts,
        left_micro=left,
        covers=max(left, 0) * 3_600_000 // each if each else None,
    )


def publishing_reasons(project: Project) -> list[Reason]:
    """Return every reason why the project may not be published now, each with its figures."""
    return for_publishing(_facts(project, ballots_planned(project)))


def pilot_reasons(project: Project) -> list[Reason]:
    """Return every reason why the paid pilot may not begin now. Only its own rankings have to be funded."""
    return for_pilot(_facts(project, min(ballots_planned(project), project.pilot_ballots)))


def _facts(project: Project, ballots: int) -> Facts:
    kinds = (DocumentKind.TERMS, DocumentKind.GUIDELINES)
    return Facts(
        prompts=project.prompts.count(),
        items=Item.objects.filter(project=project).exclude(role=ItemRole.QUALIFICATION).count(),
        ballots_wanted=ballots_wanted(project),
        texts_missing=tuple(kind.value for kind in kinds if current_document(project.pk, kind) is None),
        pay_problems=tuple(_pay_problems(project, ballots)),
        qualification_on=project.qualification_pass_percent is not None,
        qualification_items=active_items(project, ItemRole.QUALIFICATION).count(),
        gold_percent=project.gold_percent,
        gold_items=active_items(project, ItemRole.GOLD).count(),
        pilot_ballots=project.pilot_ballots,
        pilot_counted=rankings_given(project),
        estimate=time_estimate(project) or measured_now(project) if project.pilot_ballots else None,
    )


def _pay_problems(project: Project, ballots: int) -> list[str]:
    try:
        require_publishable(project_id=project.pk, ballots_wanted=ballots, lease_ms=project.lease_ms)
    except NotPublishable as error:
        # whoever sets a project up is told about prompts on the page for prompts
        return [text for text in error.problems or [error.message] if text != NOTHING_TO_DO]
    return []
