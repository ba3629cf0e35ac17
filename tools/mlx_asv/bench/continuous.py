"""`asv continuous` on equal releases: how often it cries wolf.

``python -m mlx_asv.bench.continuous -b @tour`` runs it on a release and the same wheels under
another tag, as a user types it: a case for each run, by turns of all that are selected. Options of
`asv continuous` may follow a ``--``. Interrupted, it goes on with the same command.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from mlx_asv.asv_edge.own_way import ENGINE
from mlx_asv.axes import Name
from mlx_asv.engine.context import Context, context_here
from mlx_asv.terminal import say

from . import lines
from .asv_side import AsvProject

#: The statuses of `asv continuous`, in words; None: it ended without a table.
STATUSES = {0: "nothing slower", 1: "false alarm", 2: "not measured", None: "not run"}

#: A row of its table: asv's mark, and the verdict.
ROW = re.compile(r"^\| *(?P<mark>[-+!*]?) *\|.*\| *(?P<verdict>[^|]+?) *\|$", re.MULTILINE)


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--release", default="HEAD", help="Both releases of every run. [the newest]")
@click.option("-b", "--bench", multiple=True, required=True, help="As for asv run.")
@click.option("--backend", default="mlx_cpu", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(".asv/continuous-of-equals.jsonl")
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def main(
    runs: int,
    release: str,
    bench: tuple[str, ...],
    backend: str,
    out: Path,
    options: tuple[str, ...],
) -> None:
    """Compare a release with itself, again and again, and print how the runs ended."""
    context = context_here(None, "a benchmark of asv continuous")
    console, suite = context.console, context.suite
    installed = suite.install(suite.asker.one(release, "--release"))
    listing = suite.listing(installed, bench, save=False)
    names = listing.names()
    cases = listing.selected([backend])
    project = Equals(out.with_suffix(""), context, installed.revision.label)
    done = len(lines.read(out))
    for number in track(range(done, runs), "runs", console=console):
        case = cases[number % len(cases)]
        lines.add(out, project.run(names[*case.subject, backend], number, options))
    report(lines.read(out), console)


class Equals:
    """A directory in which a release and the same release under another tag can be compared."""

    def __init__(self, path: Path, context: Context, tag: str) -> None:
        self._project = AsvProject(path.absolute(), context, (), ENGINE)
        lock = context.suite.repo.lock
        #: 0.31.1.0 is the same version as 0.31.1.
        self._tags = (tag, f"{tag}.0")
        twin = replace(lock.by_tag[tag], tag=self._tags[1])
        place = lock.releases.index(lock.by_tag[tag]) + 1
        releases = (*lock.releases[:place], twin, *lock.releases[place:])
        file = path / f"{lock.package}.lock.json"
        file.unlink()  # a link to the suite's own
        replace(lock, releases=releases).save(file)

    def run(self, name: Name, number: int, options: Sequence[str]) -> dict[str, Any]:
        """``asv continuous`` of one benchmark, every second time the other way round."""
        pair = self._tags if number % 2 == 0 else self._tags[::-1]
        selected = ("-b", f"^{re.escape(str(name))}$")
        ended = self._project.ended("continuous", *pair, *selected, "--no-only-changed", *options)
        rows = ROW.findall(ended.said)
        last = ended.said.strip().splitlines()[-1:] or [""]
        return {
            "case": str(name),
            # What could not be run has no answer.
            "status": ended.status if rows else None,
            "verdict": rows[-1][1] if rows else last[0],
            "seconds": ended.seconds,
        }


def report(runs: Sequence[dict[str, Any]], console: Console) -> None:
    """Print a row for each case, and how many runs raised a false alarm."""
    table = Table(title="asv continuous on equal releases")
    for column in ("case", "runs", "ended with", "seconds", "the last verdict"):
        table.add_column(column, justify="right" if column in ("runs", "seconds") else "left")
    for case in dict.fromkeys(each["case"] for each in runs):
        of_it = [each for each in runs if each["case"] == case]
        ended = Counter(_ending(each["status"]) for each in of_it)
        table.add_row(
            Text(case),
            str(len(of_it)),
            ", ".join(f"{count} {word}" for word, count in ended.items()),
            f"{median(each['seconds'] for each in of_it):.0f}",
            Text(of_it[-1]["verdict"]),
        )
    console.print(table)
    alarms = sum(each["status"] == 1 for each in runs)
    others = sum(each["status"] not in (0, 1) for each in runs)
    minutes = sum(each["seconds"] for each in runs) / 60
    say(
        console,
        f"{len(runs)} runs in {minutes:.0f} min: {alarms} false alarms, {others} without an answer",
    )


def _ending(status: int | None) -> str:
    return STATUSES.get(status, f"status {status}")


if __name__ == "__main__":
    main()
