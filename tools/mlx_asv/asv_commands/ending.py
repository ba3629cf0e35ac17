"""The end of `asv run`: what became slower, and what could not be measured."""

from collections.abc import Collection
from dataclasses import replace

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.analysis.cases import judged_as_called
from mlx_asv.analysis.results import judgement
from mlx_asv.asv_edge.stored import Project
from mlx_asv.engine.context import Context
from mlx_asv.engine.lost import say_lost as by_reason
from mlx_asv.metric import TIME
from mlx_asv.sweep.summary import print_lost, print_worth
from mlx_asv.terminal import say
from mlx_asv.verdicts.report import print_judgement
from mlx_asv.verdicts.rule import Rule

#: The columns that name what was measured, whatever the release.
SERIES = ("environment", "benchmark", "version", "case", "backend")


def say_end(
    observations: pl.DataFrame, tags: Collection[str], target: float, context: Context
) -> None:
    """Print how good the numbers are, and the verdicts on the steps of these releases in what was
    measured: with all that is known of the machine, as `mlx-asv verdicts` has them.

    Raises ObservationsError or AcceptedError.
    """
    print_worth(observations, target, context.console)
    if observations.filter(pl.col("outcome") == "ok").is_empty():
        return
    found = judgement(Project.of(context.suite.conf).swept, Rule(), context.machine)
    measured = observations.select(SERIES).unique()
    here = pl.col("before").is_in(tags) | pl.col("after").is_in(tags)
    verdicts = found.verdicts.filter(here).join(measured, on=SERIES, how="semi")
    suite = found.suite.filter(pl.col("after").is_in(tags))
    alone = found.absolute.join(measured, on=SERIES, how="semi")
    shown = replace(found, verdicts=verdicts, suite=suite, stale=(), absolute=alone)
    print_judgement(judged_as_called(shown, observations), context.console)
    results = context.shown(context.results / context.machine)
    say(context.console, f"asv's results: {results} (`asv publish`, `asv compare A B`)")


def say_lost(observations: pl.DataFrame, each: bool, console: Console) -> None:
    """Print what could not be measured: by reason, or `each` arm with its own."""
    if each:
        print_lost(observations, console)
    else:
        by_reason(observations, "measured", console)


def say_quick(observations: pl.DataFrame, console: Console) -> None:
    """Print about how long a call takes, on the fastest release and the slowest."""
    times = observations.filter(pl.col("outcome") == "ok", pl.col("metric") == TIME.name)
    if times.is_empty():
        console.print("Nothing was measured.")
        return
    shown = Table(title="Time per call, of one process each")
    for column in ("benchmark", "backend", "fastest release", "slowest release"):
        shown.add_column(column, overflow="fold")
    by = ("benchmark", "case", "backend")
    middle = times.group_by(*by, "release").agg(pl.col("value").median()).sort(*by, "value")
    for (benchmark, case, backend), rows in middle.group_by(by, maintain_order=True):
        ends = (rows.row(end, named=True) for end in (0, -1))
        cells = [f"{TIME.text(end['value'])} {end['release']}" for end in ends]
        shown.add_row(*map(Text, (f"{benchmark} {case}".strip(), str(backend), *cells)))
    console.print(shown)
    say(
        console,
        "A quick run shows that benchmarks run. One process may be off by a third: nothing is "
        "judged, and nothing of it is in asv's results.",
    )


def say_durations(observations: pl.DataFrame, most: float, console: Console) -> None:
    """Print the wall seconds of the `most` benchmarks that took longest, if any are asked for."""
    if not most:
        return
    sets = ["sweep", "benchmark", "case", "replicate", "group"]
    lives = observations.group_by(sets).agg(pl.col("life").first())
    took = lives.group_by("benchmark").agg(pl.col("life").sum()).sort("life", descending=True)
    shown = Table(title="Total duration")
    shown.add_column("benchmark", overflow="fold")
    shown.add_column("seconds", justify="right")
    for name, seconds in took.head(int(min(most, took.height))).iter_rows():
        shown.add_row(Text(name), f"{seconds:.1f}")
    console.print(shown)
