"""Reads of annotation. Every one that serves a page takes the person who asks."""

from annotation.selectors.generation import BallotRow, ballots_for_dataset, prompts_to_generate
from annotation.selectors.pay import PaidTerms, paid_terms
from annotation.selectors.projects import (
    Progress,
    ballots_wanted,
    current_document,
    current_documents,
    progress,
    project_for_engineer,
    projects_of,
)

__all__ = [
    "BallotRow",
    "PaidTerms",
    "Progress",
    "ballots_for_dataset",
    "ballots_wanted",
    "current_document",
    "current_documents",
    "paid_terms",
    "progress",
    "project_for_engineer",
    "projects_of",
    "prompts_to_generate",
]
