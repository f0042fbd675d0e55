"""The kinds of jobs of this package."""

from __future__ import annotations

from typing import Any

from annotation.services import exports, importing, quality
from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext


@handler("annotation.export")
def export(context: JobContext) -> dict[str, Any]:
    """Write the files of one export."""
    return exports.make_export(context)


@handler("annotation.import")
def bring_in(context: JobContext) -> dict[str, Any]:
    """Check a file, write its rows, and show them all at once."""
    return importing.run_import(context)


@handler("annotation.import.remove")
def remove_import(context: JobContext) -> dict[str, Any]:
    """Remove what a cancelled import has brought so far."""
    return importing.run_removal(context)


@handler("annotation.quality")
def measure(context: JobContext) -> dict[str, Any]:
    """Compute how far the people of a project agree, and what they disagree on."""
    return quality.compute_quality(context)
