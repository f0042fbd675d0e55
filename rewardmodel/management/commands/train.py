"""`manage.py train reward|ppo|sft|evaluate CONFIG.yaml [--wait]`: launch a run from a config file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from byhand.accounts.models import Membership, Organisation, Role, User
from byhand.errors import DomainError
from byhand.jobs.models import JobState
from byhand.jobs.terminal import follow_in_terminal
from rewardmodel.config_fields import KINDS
from rewardmodel.management.commands.register_model import in_words, organisation_named
from rewardmodel.models import Run
from rewardmodel.selectors import made_by, newest_gates
from rewardmodel.services import launch_run

EXIT_FAILED, EXIT_CANCELLED, EXIT_REFUSED = 1, 2, 3


class Command(BaseCommand):
    help = "Launch a run. Exit code with --wait: 0 ended well, 1 failed, 2 cancelled, 3 a gate refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("config", type=Path)
        parser.add_argument(
            "--organisation", default="", help="its short name; needed where there are several"
        )
        parser.add_argument(
            "--as", dest="email", default="", help="e-mail of the engineer in whose name it runs"
        )
        parser.add_argument("--wait", action="store_true", help="follow the run with a progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = organisation_named(options["organisation"])
        try:
            run = launch_run(
                actor=_engineer(organisation, options["email"]), organisation=organisation,
                config=_read(options["config"]), kind=options["kind"],
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(in_words(error)) from error
        self.stdout.write(f"{run.kind} run {run.pk}  {reverse('run', args=[run.pk])}")
        if options["wait"]:
            self._follow(run)

    def _follow(self, run: Run) -> None:
        job = follow_in_terminal(run.job, label=f"{run.kind} {run.name}")
        results = newest_gates(run)
        for result in results:
            self.stdout.write(f"{result.gate} {'passed' if result.passed else 'refused'}")
            for reason in result.figures["reasons"]:
                self.stdout.write(f"  - {reason}")
        if job.state != JobState.SUCCEEDED:
            code = EXIT_CANCELLED if job.state == JobState.CANCELLED else EXIT_FAILED
            raise CommandError(job.error or f"The run ended as {job.state}.", returncode=code)
        if any(not result.passed for result in results):
            raise CommandError("A gate refused the run; its figures are above.", returncode=EXIT_REFUSED)
        run.refresh_from_db()
        for made in made_by(run):
            self.stdout.write(f"{made.kind} {made.name}: {made.digest}")


def _engineer(organisation: Organisation, email: str) -> User:
    members = Membership.objects.filter(organisation=organisation, role=Role.ENGINEER).select_related("user")
    found = [m.user for m in (members.filter(user__email=email.lower()) if email else members.order_by("pk"))]
    if not found or (len(found) > 1 and not email):
        raise CommandError(f"Say which engineer of {organisation.slug} starts the run: --as E-MAIL.")
    return found[0]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} can't be read: {error}") from error
