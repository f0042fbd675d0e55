"""`manage.py demo`: the whole loop once, with simulated people on real parts, then the site stays up."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from byhand.demo import summary as summaries
from byhand.demo.cast import ENGINEER, GUESTS, SECOND_STEWARD, STEWARD, Cast, assemble
from byhand.demo.fresh import start_over
from byhand.demo.guests import open_for_guests
from byhand.demo.round import DemoStopped, Round, next_number
from byhand.demo.steps import STEPS
from byhand.embedded import paths
from byhand.embedded.ending import Ending
from byhand.embedded.process import CannotStart
from byhand.embedded.running import Platform, running_platform
from byhand.errors import Invalid

FOLDER = paths.VAR / "demo"
REFUSED, FAILED, CANNOT_START = 3, 1, 2


class Command(BaseCommand):
    help = "Run the whole loop with simulated annotators, then keep serving it. Writes var/demo/summary.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, help="which world; the last one that ran here, else 1")
        parser.add_argument("--exit", action="store_true", help="end after the loop")
        parser.add_argument(
            "--fresh", action="store_true", help="remove what earlier demos left and start over"
        )
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        ending = Ending()
        code = 0
        try:
            if options["fresh"]:
                start_over()
            seed = _seed(options["seed"])
            started = time.monotonic()
            with running_platform(port=options["port"], simulated=True, say=console.print) as platform:
                _loop(console, platform, seed, started, serve=not options["exit"])
                if not options["exit"]:
                    ending.wait()
                console.print("Stopping ...")
        except CannotStart as error:
            console.print(str(error), markup=False, soft_wrap=True)
            code = CANNOT_START
        except DemoStopped as error:
            console.print(f"\nThe demo stops here: {error}", markup=False, soft_wrap=True)
            console.print_json(json.dumps(error.figures))
            code = REFUSED if error.refused else FAILED
        except Invalid as error:
            console.print(f"\nThe demo stops here: {error}", markup=False, soft_wrap=True)
            for problem in error.problems:
                console.print(f"  {problem}", markup=False, soft_wrap=True)
            code = FAILED
        except KeyboardInterrupt:
            console.print("Stopped. `make demo` goes on where it was.")
            code = 130
        sys.exit(code)


def _seed(given: int | None) -> int:
    """Return the seed asked for, else the one that ran here last, else 1; and remember it."""
    note = FOLDER / "seed"
    seed = given if given is not None else int(note.read_text()) if note.exists() else 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    note.write_text(str(seed))
    return seed


def _loop(console: Console, platform: Platform, seed: int, started: float, *, serve: bool) -> None:
    cast = assemble(FOLDER)
    current = Round(cast, seed, next_number(cast.organisation, seed), platform.site_url, console)
    console.print(f"\n[bold]Byhand demo[/bold]: world {seed}, round {current.number}.")
    console.print("Everybody in it is simulated; the parts are real.")
    seconds = {"start": round_seconds(started)}
    for number, (name, title, act) in enumerate(STEPS, 1):
        console.print(f"\n[bold]{number}/{len(STEPS)} {title}[/bold]")
        began = time.monotonic()
        console.print(f"  {act(current)}", markup=False, soft_wrap=True)
        seconds[name] = round_seconds(began)
    seconds["total"] = round_seconds(started)
    summary = summaries.summarise(current, seconds)
    summaries.write(summary, FOLDER / "summary.json")
    console.print(
        f"\nThe loop took {seconds['total']:.0f} s. Figures: {_shown(FOLDER / 'summary.json')}",
        soft_wrap=True,
    )
    if serve:
        open_for_guests(current)
        _what_to_open(console, platform, cast, summary)


def round_seconds(since: float) -> float:
    return round(time.monotonic() - since, 2)


def _shown(path: Path) -> str:
    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)


def _what_to_open(console: Console, platform: Platform, cast: Cast, summary: dict[str, Any]) -> None:
    site = platform.site_url
    console.print("\n[bold]Open[/bold]")
    for what, address in (
        ("The public report", summary["report_url"]),
        ("All reports, no account needed", f"{site}/reports/"),
        ("The transparency log", f"{site}/log/"),
        ("Sign in", f"{site}/accounts/login/"),
    ):
        console.print(f"  {what:32} {address}", soft_wrap=True)
    console.print(
        "\n[bold]Sign in as[/bold] (throw-away accounts; your minutes here are simulated and unpaid)"
    )
    doing = {
        GUESTS[0]: "rank the next round",
        GUESTS[1]: "rank beside the first guest",
        ENGINEER: "projects, runs, models",
        STEWARD: "pay, periods",
        SECOND_STEWARD: "the second approver",
    }
    for login, what in doing.items():
        account = cast[login]
        console.print(f"  {what:32} {account.email:36} {account.password}", markup=False, soft_wrap=True)
    console.print("\nCtrl-C stops everything; `make demo` then starts another round.")
