"""`manage.py bench`: runs benchmarks on a site of their own, prints a table, appends to var/bench/results.jsonl."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from byhand.bench import paying, ranking
from byhand.bench.entry import Entry, Skipped
from byhand.bench.harness import append_result, measure
from byhand.bench.stage import Stage, stage
from byhand.embedded import paths
from byhand.embedded.ending import Ending
from byhand.embedded.process import CannotStart

RESULTS = paths.VAR / "bench" / "results.jsonl"
REPEATS = 3
_ABOUT_THE_RUN = ("name", "repeats", "spread", "cores", "load_1m", "python", "at")


class Command(BaseCommand):
    help = "Run benchmarks (all, or those named) on a scratch database and a web server of their own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="which; --list shows them")
        parser.add_argument(
            "--repeats", type=int, default=REPEATS, help="after the warm-up; medians are kept"
        )
        parser.add_argument(
            "--items",
            type=int,
            default=0,
            help="annotation.cycle: so many items and ballots more in the tables",
        )
        parser.add_argument(
            "--workers", type=int, default=paying.WORKERS, help="wages.close_period: workers of the period"
        )
        parser.add_argument(
            "--intervals", type=int, default=paying.INTERVALS, help="wages.close_period: intervals in all"
        )
        parser.add_argument(
            "--page-intervals",
            type=int,
            default=paying.PAGE_INTERVALS,
            help="wages.earnings_page: intervals of the worker",
        )
        parser.add_argument("--list", action="store_true", help="list the benchmarks and run none")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        entries = [
            *ranking.entries(options["items"]),
            *paying.entries(options["workers"], options["intervals"], options["page_intervals"]),
        ]
        chosen = _chosen(entries, options["names"])
        if options["repeats"] < 1:
            raise CommandError("--repeats: at least 1.")
        if (
            min(options["workers"], options["page_intervals"]) < 1
            or options["intervals"] < options["workers"]
        ):
            raise CommandError("--workers, --page-intervals: at least 1. --intervals: at least one a worker.")
        if options["items"] < 0:
            raise CommandError("--items: 0 or more.")
        if options["list"]:
            _list(console, chosen)
            return
        Ending()
        try:
            console.print("Starting a web server on a scratch database ...")
            with stage(console.print) as site:
                for entry in chosen:
                    _run(console, entry, site, options["repeats"])
        except CannotStart as error:
            console.print(str(error), markup=False, soft_wrap=True)
            sys.exit(2)
        except KeyboardInterrupt:
            console.print("Stopped. The scratch database is gone.")
            sys.exit(130)
        console.print(f"Appended to {RESULTS}", soft_wrap=True)


def _chosen(entries: list[Entry], names: list[str]) -> list[Entry]:
    known = list(dict.fromkeys(entry.name for entry in entries))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(f"No benchmark {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [entry for entry in entries if not names or entry.name in names]


def _list(console: Console, entries: Iterable[Entry]) -> None:
    table = Table("name", "what it measures")
    for entry in entries:
        table.add_row(entry.name, entry.about)
    console.print(table)


def _run(console: Console, entry: Entry, site: Stage, repeats: int) -> None:
    console.print(f"{entry.name}: {entry.about} ...")
    try:
        with entry.prepare(site, repeats) as benchmark:
            result = measure(benchmark, repeats=repeats)
    except Skipped as reason:
        console.print(f"  skipped: {reason}", markup=False)
        return
    append_result(result, RESULTS)
    console.print(_table(result))


def _table(result: dict[str, Any]) -> Table:
    title = (
        f"{result['name']} (median of {result['repeats']}, load {result['load_1m']}, {result['cores']} cores)"
    )
    table = Table("figure", "median", "least", "most", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, value in result.items():
        if name not in _ABOUT_THE_RUN:
            table.add_row(name, *(f"{each:g}" for each in (value, *result["spread"][name])))
    return table
