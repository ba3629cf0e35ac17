"""The end of a run that tracks in a few lines: what is missing, and whether values repeat."""

import polars as pl
from rich.console import Console

from mlx_asv.analysis.twins import twins
from mlx_asv.effects.series import series
from mlx_asv.engine.lost import say_lost
from mlx_asv.metric import METRICS, Metric
from mlx_asv.terminal import say


def print_summary(observations: pl.DataFrame, levels: pl.DataFrame, console: Console) -> None:
    """Print what was not tracked, by reason, and of each metric how many cases have the same value
    in all processes of the reference. `levels`: of the observations."""
    say_lost(observations, "tracked", console)
    if levels.is_empty():
        say(console, "Nothing was tracked.")
        return
    table = series(levels)
    for name, metric in METRICS.items():
        if (of_it := table.filter(metric=name)).height:
            say(console, repeats(twins(of_it, metric), metric))


def repeats(twins: pl.DataFrame, metric: Metric) -> str:
    """A sentence on the reference beside itself (TWINS)."""
    off = twins["effect"].abs()
    equal = (off <= metric.floor).sum()
    said = f"The same release twice (A/A): {equal} of {off.len()} {metric.values} are equal"
    if equal == off.len():
        return f"{said}."
    largest = off.max()
    assert isinstance(largest, float)
    return f"{said}, the others differ by {metric.fine(largest)} at most."
