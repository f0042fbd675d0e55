"""Reads about how long the work of a project takes: what was measured, and what an hour of it uses."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from annotation.estimates import Estimate, bytes_per_hour, item_bytes, measure
from annotation.models import Lease, LeaseState, Project, TimeEstimate
from annotation.models.prompts import ItemRole
from wages.selectors import paid_task_ms

NEWEST = 500  # rankings that a measurement looks at, the newest first
SAMPLED_ITEMS = 50  # whichever are read first: a page of annotators can't wait for all of them to be sorted

TEXT_BYTES = """
SELECT coalesce(avg(octet_length(prompt.text) + texts.bytes), 0)::bigint
FROM (SELECT prompt_id, generation_id FROM annotation_item
      WHERE project_id = %(project)s LIMIT %(most)s) item
JOIN annotation_prompt prompt ON prompt.id = item.prompt_id
JOIN LATERAL (SELECT coalesce(sum(octet_length(text)), 0) AS bytes FROM annotation_completion
    WHERE generation_id = item.generation_id AND prompt_id = item.prompt_id) texts ON true
"""


def time_estimate(project: Project) -> Estimate | None:
    """Return what was last measured and kept; None before the pilot was."""
    row = TimeEstimate.objects.filter(project=project).order_by("-pk").first()
    return Estimate(row.median_ms, row.p75_ms, row.ballots, row.measured_at) if row else None


def measured_now(project: Project) -> Estimate | None:
    """Measure the newest rankings that were timed; None where fewer were given than the pilot asks for, or none timed.

    A ranking may have no time of its own (another tab had the clock, or it was answered within a millisecond): it
    counts towards the pilot all the same, and `Estimate.ballots` says how many were timed.
    """
    if rankings_given(project) < project.pilot_ballots:
        return None
    return measure(task_times(project), at_least=1)


def rankings_given(project: Project) -> int:
    """Return how many rankings were given, up to as many as the pilot asks for, timed or not."""
    return len(_given(project).values_list("pk")[: project.pilot_ballots])


def _given(project: Project) -> QuerySet[Lease]:
    """Return the leases that ended in a ranking; repeats and qualifications are left out."""
    return Lease.objects.filter(
        project=project,
        state=LeaseState.SUBMITTED,
        repeat=False,
        item__role__in=[ItemRole.RANK, ItemRole.GOLD],
    )


def task_times(project: Project) -> list[int]:
    """Return the paid task time of each of the newest rankings that has one."""
    done = _given(project).order_by("-ended_at").values_list("worker_id", "pk")[:NEWEST]
    times = paid_task_ms([(worker, str(lease)) for worker, lease in done])
    return [ms for ms in times.values() if ms > 0]


def text_bytes(project: Project) -> int:
    """Return how many bytes the texts of a typical item have: the mean of some of them; 0 without items."""
    with connection.cursor() as cursor:
        cursor.execute(TEXT_BYTES, {"project": project.pk, "most": SAMPLED_ITEMS})
        return int(cursor.fetchone()[0])


def data_use(project: Project, estimate: Estimate | None) -> tuple[int, int | None]:
    """Return (bytes of one item, bytes of an hour at the median pace, or None while the pace is unknown)."""
    stored = text_bytes(project)
    one = item_bytes(text_bytes=stored, completions=project.k)
    if estimate is None:
        return one, None
    return one, bytes_per_hour(text_bytes=stored, completions=project.k, median_ms=estimate.median_ms)
