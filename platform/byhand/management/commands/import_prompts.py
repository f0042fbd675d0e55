"""`manage.py import_prompts PROJECT FILE --source ... --wait`: bring a file or a `datasets` folder in."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.formats.readers.detection import SHAPE_NAMES
from annotation.models import BadRows, Consent, PersonalData, Project, Upload
from annotation.services.import_files import store_path
from annotation.services.imports import start_import
from annotation.services.sources import Source
from annotation.services.uploads import answer_source, begin_upload, reading_of, set_reading
from byhand.accounts.models import User
from byhand.errors import DomainError
from byhand.jobs.models import JobState
from byhand.jobs.terminal import follow_in_terminal


class Command(BaseCommand):
    help = "Import prompts, candidates or preferences from a file, or from a `datasets` folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="id or slug of the project")
        parser.add_argument("file", type=Path, help="the file, or the folder that save_to_disk wrote")
        parser.add_argument("--as", dest="actor", required=True, help="e-mail of the engineer who imports")
        parser.add_argument("--source", required=True, help="where the texts come from")
        parser.add_argument("--creator", required=True)
        parser.add_argument("--licence", required=True)
        parser.add_argument("--consent", required=True, choices=Consent.values)
        parser.add_argument("--obtained", default="", help="how they were obtained")
        parser.add_argument("--reason", default="", help="needed where nobody agreed")
        parser.add_argument("--personal-data", default=PersonalData.UNKNOWN, choices=PersonalData.values)
        parser.add_argument("--shape", choices=sorted(SHAPE_NAMES), help="read it as this, not as it looks")
        parser.add_argument("--text-field", default="", help="field with the prompt")
        parser.add_argument("--completions", nargs="+", default=[], metavar="FIELD")
        parser.add_argument("--rank", action="store_true", help="open the completions for ranking")
        parser.add_argument(
            "--skip-bad-rows", action="store_true", help="import the good rows, list the bad ones"
        )
        parser.add_argument("--wait", action="store_true", help="follow it with a progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            upload = self._begin(options)
        except (DomainError, OSError) as error:
            raise CommandError(_in_words(error)) from error
        self.stdout.write(
            f"import {upload.pk} of {upload.filename}, read as {SHAPE_NAMES[upload.file_format]}"
        )
        if options["wait"] and upload.job is not None:
            job = follow_in_terminal(upload.job, label=upload.filename)
            upload.refresh_from_db()
            if job.state != JobState.SUCCEEDED:
                raise CommandError(job.error or f"the import ended as {job.state}")
            counts = upload.counts
            self.stdout.write(
                f"{counts['new']:,} new prompts, {counts['repeated']:,} repeated, {counts['bad']:,} bad rows left out, "
                f"{counts['labels_kept']:,} outside labels, {counts['opened']:,} items opened"
            )

    def _begin(self, options: dict[str, Any]) -> Upload:
        actor = User.objects.filter(email__iexact=options["actor"]).first()
        if actor is None:
            raise CommandError(f"nobody here has the address {options['actor']}")
        stored = store_path(options["file"])
        upload = begin_upload(
            actor=actor, project=_project(options["project"]), filename=options["file"].name, stored=stored
        )
        source = Source(
            source=options["source"], creator=options["creator"], licence=options["licence"],
            consent=options["consent"], obtained=options["obtained"], reason=options["reason"],
            personal_data=options["personal_data"],
        )  # fmt: skip
        upload = answer_source(actor=actor, upload=upload, answers=source)
        reading = reading_of(upload)
        fields = replace(
            reading.fields,
            text=options["text_field"] or reading.fields.text,
            completions=tuple(options["completions"]) or reading.fields.completions,
        )
        reading = replace(
            reading,
            shape=options["shape"] or reading.shape,
            fields=fields,
            candidates=options["rank"],
            bad_rows=BadRows.SKIP if options["skip_bad_rows"] else BadRows.REFUSE,
        )
        set_reading(actor=actor, upload=upload, reading=reading)
        return start_import(actor=actor, upload=upload)


def _project(name: str) -> Project:
    found = Project.objects.filter(slug=name) or (
        Project.objects.filter(pk=name)
        if len(name) == 36 and name.count("-") == 4
        else Project.objects.none()
    )
    if len(found) != 1:
        raise CommandError(f"{name!r} is the id or slug of {len(found)} projects; name one by its id")
    return found[0]


def _in_words(error: Exception) -> str:
    if not isinstance(error, DomainError):
        return str(error)
    return "\n".join([error.message, *(f"- {problem}" for problem in error.details.get("problems") or [])])
