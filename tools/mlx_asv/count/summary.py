"""The end of a count in a few lines: what is missing, and how far equal releases differ."""

import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.analysis.twins import by_size, twins
from mlx_asv.effects.series import series
from mlx_asv.engine.lost import say_lost
from mlx_asv.metric import INSTRUCTIONS


def print_summary(observations: pl.DataFrame, levels: pl.DataFrame, console: Console) -> None:
    """Print what was not counted, by reason, and the A/A spread by size of call. `levels`: of the
    observations."""
    say_lost(observations, "counted", console)
    found = by_size(twins(series(levels), INSTRUCTIONS), INSTRUCTIONS, INSTRUCTIONS.text)
    if levels.is_empty():
        console.print("Nothing was counted.")
        return
    shown = Table(title="The same release twice (A/A): differences of instructions per call")
    for column in ("instructions", "cases", "median", "95 % within", "largest"):
        shown.add_column(column, justify="right")
    for row in found.iter_rows(named=True):
        spreads = (INSTRUCTIONS.fine(row[name]) for name in ("median", "most", "largest"))
        shown.add_row(row["size"], str(row["pairs"]), *spreads)
    console.print(shown)
