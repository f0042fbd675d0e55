"""Sets up a simulated project of the demo: rate, payer, funding and prompts, by the services that real ones use."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.models import Project
from annotation.services.imports import Source, import_prompts
from annotation.services.projects import create_project
from byhand.demo.cast import STEWARD, Cast
from wages.services import projects as paid

CURRENCY, HOURLY_MICRO, FLOOR_MICRO = "USD", 18_000_000, 15_000_000
K = 4
NAMESPACE = uuid.UUID(
    "6f0d0e0a-4a5e-4b0e-9d53-0c5f6a1f2b11"
)  # so that a second run finds what the first one made


@dataclass(frozen=True)
class Plan:
    """`key` names the project: the same key is the same project. Without a pilot nobody knows its time."""

    key: str
    title: str
    prompts: Sequence[str]
    overlap: int
    overlap_percent: int
    funding_micro: int
    pilot_ballots: int = 0

    @property
    def project_id(self) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, self.key)


def set_up(cast: Cast, plan: Plan) -> Project:
    """Make the project of the plan with its prompts; running it again changes nothing."""
    project = create_project(
        actor=cast.engineer, organisation=cast.organisation, title=plan.title, k=K, overlap=plan.overlap,
        overlap_percent=plan.overlap_percent, currency=CURRENCY, hourly_micro=HOURLY_MICRO,
        declared_floor_micro=FLOOR_MICRO, simulated=True, project_id=plan.project_id,
        more={"pilot_ballots": plan.pilot_ballots},
    )  # fmt: skip
    paid.name_payer(
        actor=cast[STEWARD].user, project_id=project.pk, legal_entity=cast.organisation.name, country="NL",
        relation="crowd",
    )  # fmt: skip
    paid.set_terms(actor=cast[STEWARD].user, project_id=project.pk, countries=["US-CA"])
    paid.fund_simulated(project_id=project.pk, amount_micro=plan.funding_micro, key=f"{plan.key}-funding")
    lines = "".join(json.dumps({"prompt": text}) + "\n" for text in plan.prompts)
    import_prompts(
        actor=cast.engineer, project=project, filename=f"{plan.key}.jsonl", stream=io.BytesIO(lines.encode()),
        source=Source("the demo's own templates", "Byhand demo", "Apache-2.0", "own_work"),
    )  # fmt: skip
    return project
