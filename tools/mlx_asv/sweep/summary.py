"""What a sweep found, in a few lines."""

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.axes import family_of
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.wall import wall_seconds
from mlx_asv.terminal import say


def half_widths(table: pl.DataFrame) -> pl.DataFrame:
    """The arms of a table of effects that have an interval, with its half-width `half`."""
    half = ((pl.col("high") - pl.col("low")) / 2).alias("half")
    return table.filter(pl.col("role") != "reference").with_columns(half)


def print_summary(observations: pl.DataFrame, target: float, console: Console) -> None:
    """How wide the intervals are, what the A/A arms say, what is missing."""
    lost = observations.filter(pl.col("outcome") != "ok")
    arms = lost.unique(["benchmark", "case", "backend", "label"])
    for row in arms.sort("benchmark", "case", "backend", "label").iter_rows(named=True):
        what = [row[name] for name in ("benchmark", "case", "label", "backend") if row[name]]
        say(
            console,
            f"Not measured: {' '.join(what)}: {row['outcome']}: {row['reason']}",
        )
    levels = life_levels(observations)
    if levels.is_empty():
        console.print("Nothing was measured.")
        return
    table = half_widths(effects(levels))
    console.print(_widths(table, target))
    twins = table.filter(pl.col("role") == "twin")
    if twins.height:
        largest = float(twins["effect"].abs().to_numpy().max())
        covered = twins.filter((pl.col("low") <= 0) & (pl.col("high") >= 0)).height
        beyond = twins.filter(pl.col("effect").abs() > 0.02).height
        say(
            console,
            f"A/A: {twins.height} pairs of the same release; largest difference "
            f"{largest:.1%}, {beyond} beyond 2 %; "
            f"{covered / twins.height:.0%} of the 95 % intervals contain zero",
        )
    timed, wall = float(observations["timed"].sum()), wall_seconds(observations)
    say(
        console,
        f"Timed calls: {timed / wall:.0%} of {wall / 60:.1f} min",
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
        shown.add_row(
            str(name),
            str(rows.height),
            f"{np.median(half):.2%}",
            f"{np.quantile(half, 0.9):.2%}",
            f"{(half <= target).mean():.0%}",
        )
    return shown
