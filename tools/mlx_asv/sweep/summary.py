"""The end of a sweep in a few lines: widths, false alarms, and what is missing."""

from math import inf

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.axes import family_of
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.wall import wall_seconds
from mlx_asv.metric import METRICS, TIME, Metric, Scale
from mlx_asv.terminal import say


def half_widths(table: pl.DataFrame) -> pl.DataFrame:
    """The arms of a table of effects that have an interval, with its half-width `half`."""
    half = ((pl.col("high") - pl.col("low")) / 2).alias("half")
    return table.filter(pl.col("role") != "reference").with_columns(half)


def print_summary(observations: pl.DataFrame, target: float, console: Console) -> None:
    """Print what is missing, and what the numbers are worth: see `print_lost`, `print_worth`."""
    print_lost(observations, console)
    print_worth(observations, target, console)


def print_lost(observations: pl.DataFrame, console: Console) -> None:
    """Print every arm that could not be measured, with the reason."""
    lost = observations.filter(pl.col("outcome") != "ok")
    arms = lost.unique(["benchmark", "case", "backend", "label"])
    for row in arms.sort("benchmark", "case", "backend", "label").iter_rows(named=True):
        what = [row[name] for name in ("benchmark", "case", "label", "backend") if row[name]]
        say(
            console,
            f"Not measured: {' '.join(what)}: {row['outcome']}: {row['reason']}",
        )


def print_worth(observations: pl.DataFrame, target: float, console: Console) -> None:
    """Print how wide the intervals are, and how far the A/A arms differ.

    `target`: the half-width of the intervals of time that the sweep was to reach.
    """
    levels = life_levels(observations)
    if levels.is_empty():
        console.print("Nothing was measured.")
        return
    table = half_widths(effects(levels))
    times = table.filter(metric=TIME.name)
    console.print(_widths(times, target))
    if said := _twins(times, TIME, beyond=0.02):
        say(console, said)
    for metric in METRICS.values():
        others = table.filter(metric=metric.name)
        if metric is not TIME and others.height:
            middle = metric.spread(float(np.median(others["half"].fill_null(inf).to_numpy())))
            said = _twins(others, metric, beyond=metric.threshold) or "A/A: not measured"
            say(console, f"{metric.name.capitalize()}: median half-width {middle}. {said}")
    timed, wall = float(observations["timed"].sum()), wall_seconds(observations)
    say(
        console,
        f"Timed calls: {timed / wall:.0%} of {wall / 60:.1f} min",
    )


def _twins(table: pl.DataFrame, metric: Metric, beyond: float) -> str:
    """What the A/A arms say, and how many differ by more than `beyond`; "" without any."""
    twins = table.filter(pl.col("role") == "twin")
    if twins.is_empty():
        return ""
    largest = float(twins["effect"].abs().to_numpy().max())
    covered = twins.filter((pl.col("low") <= 0) & (pl.col("high") >= 0)).height
    count = twins.filter(pl.col("effect").abs() > beyond).height
    limit = f"{beyond:.0%}".replace("%", " %") if metric.scale is Scale.LOG else metric.text(beyond)
    return (
        f"A/A: {twins.height} pairs of the same release; largest difference "
        f"{metric.spread(largest)}, {count} beyond {limit}; "
        f"{covered / twins.height:.0%} of the 95 % intervals contain zero"
    )


def _widths(table: pl.DataFrame, target: float) -> Table:
    shown = Table(title=f"Half-widths of the 95 % intervals (target {target:.1%})")
    for column in ("family", "arms", "median", "90th percentile", "within the target"):
        shown.add_column(column, justify="left" if column == "family" else "right")
    family = family_of("benchmark").alias("family")
    for (name,), rows in (
        table.with_columns(family).sort("family").group_by(["family"], maintain_order=True)
    ):
        half = rows["half"].fill_null(float("inf")).to_numpy()
        # Not interpolated: between a number and infinity there is nothing.
        ninety = np.quantile(half, 0.9, method="higher")
        shown.add_row(
            str(name),
            str(rows.height),
            f"{np.median(half):.2%}",
            f"{ninety:.2%}",
            f"{(half <= target).mean():.0%}",
        )
    return shown
