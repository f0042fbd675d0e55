"""`manage.py export PROJECT --format trl --class internal --out DIR --wait`: the rankings of a project as files."""

from __future__ import annotations

import shutil
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.exports.build import ARCHIVE
from annotation.exports.catalogue import FORMATS
from annotation.exports.options import ADJUDICATED, CLASSES, EXTRAS, SPLIT_RULES
from annotation.formats.pairs import MARGINS, POLICIES
from annotation.formats.writers.label_studio import SHAPES
from annotation.formats.writers.pairwise import MARKERS
from annotation.models import Export, Project
from annotation.selectors.exports import file_names, folder_of, result_of
from annotation.services.exports import allow_download, begin_export
from byhand.accounts.models import Membership, Role, User
from byhand.errors import DomainError, Invalid
from byhand.jobs.models import JobState
from byhand.jobs.terminal import follow_in_terminal

EXIT_FAILED, EXIT_CANCELLED = 1, 2
_CHOICES = {
    "splits": SPLIT_RULES, "pairs": POLICIES, "margin": MARGINS, "shape": SHAPES, "markers": MARKERS,
    "adjudicated": ADJUDICATED,
}  # fmt: skip


class Command(BaseCommand):
    help = "Export the rankings of a project. Exit code with --wait: 0 made, 1 failed, 2 stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="its id, or its short name where only one project has it")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--class", required=True, choices=list(CLASSES), dest="export_class")
        parser.add_argument("--seed", type=int)
        for name, choices in _CHOICES.items():
            parser.add_argument(f"--{name}", choices=list(choices))
        parser.add_argument("--include", action="append", choices=list(EXTRAS))
        parser.add_argument("--outside", action="store_true", default=None, help="add labels made elsewhere")
        parser.add_argument("--free-text-reason", help="why notes and flags go into a public release")
        parser.add_argument("--as", dest="email", default="", help="e-mail of the engineer who asks for it")
        parser.add_argument("--out", type=Path, help="copy the files into this new folder; needs --wait")
        parser.add_argument("--wait", action="store_true", help="follow the export with a progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["out"] and (not options["wait"] or options["out"].exists()):
            raise CommandError("--out needs --wait, and a folder that does not exist yet.")
        project = _project(options["project"])
        actor = _engineer(project, options["email"])
        names = ("format", "seed", *_CHOICES, "include", "outside", "free_text_reason")
        body = {name: options[name] for name in names if options[name] is not None}
        try:
            export = begin_export(
                actor=actor, project=project, body=body | {"class": options["export_class"]}, key=uuid.uuid4().hex
            )  # fmt: skip
            self.stdout.write(f"export {export.pk}")
            if options["wait"]:
                self._follow(export, actor, options["out"])
        except DomainError as error:
            raise CommandError(_in_words(error)) from error

    def _follow(self, export: Export, actor: User, out: Path | None) -> None:
        job = follow_in_terminal(export.job, label=f"{export.file_format} export")
        if job.state != JobState.SUCCEEDED:
            code = EXIT_CANCELLED if job.state == JobState.CANCELLED else EXIT_FAILED
            raise CommandError(job.error or f"The export ended as {job.state}.", returncode=code)
        result = result_of(export)
        if result is None:
            raise CommandError("The export has no files.")
        self.stdout.write(f"manifest sha256 {result.manifest_sha256}")
        for split, counts in result.manifest["splits"].items():
            self.stdout.write(f"  {split}: {counts['rows']} rows")
        if out is not None:
            for name in sorted(file_names(result) - {ARCHIVE}):
                allow_download(actor=actor, export_id=export.pk, filename=name)
            shutil.copytree(folder_of(result), out, ignore=shutil.ignore_patterns(ARCHIVE))


def _project(wanted: str) -> Project:
    try:
        found = Project.objects.filter(pk=uuid.UUID(wanted))
    except ValueError:
        found = Project.objects.filter(slug=wanted)
    projects = list(found.select_related("organisation")[:2])
    if len(projects) != 1:
        raise CommandError(
            "Several projects have this short name; give the id." if projects else "No such project."
        )
    return projects[0]


def _engineer(project: Project, email: str) -> User:
    members = Membership.objects.filter(organisation=project.organisation_id, role=Role.ENGINEER)
    chosen = members.filter(user__email=email.lower()) if email else members
    found = [member.user for member in chosen.select_related("user").order_by("pk")]
    if len(found) != 1:
        raise CommandError(f"Say which engineer of {project.organisation.slug} asks: --as E-MAIL.")
    return found[0]


def _in_words(error: DomainError) -> str:
    problems = error.problems if isinstance(error, Invalid) else []
    return "\n".join([error.message, *(f"- {problem}" for problem in problems)])
