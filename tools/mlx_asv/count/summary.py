"""The end of a count in a few lines: what is missing, and how far equal releases differ."""

import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.analysis.twins import by_size, twins
from mlx_asv.effects.series import series
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.observations.schema import ARM
from mlx_asv.terminal import say


def print_summary(observations: pl.DataFrame, levels: pl.DataFrame, console: Console) -> None:
    """Print what was not counted, by reason, and the A/A spread by size of call. `levels`: of the
    observations."""
    lost = observations.filter(pl.col("outcome") != "ok").unique(["benchmark", "case", *ARM])
    why = lost.group_by("backend", "outcome", "reason").agg(
        pl.len().alias("arms"), pl.struct("benchmark", "case").unique().alias("cases")
    )
    for row in why.sort("backend", "arms", "reason", descending=[False, True, False]).iter_rows(
        named=True
    ):
        cases = [f"{each['benchmark']} {each['case']}".strip() for each in row["cases"]]
        which = cases[0] if len(cases) == 1 else f"{len(cases)} cases"
        where = f" on {row['backend']}" if row["backend"] else ""
        say(console, f"Not counted: {which}{where}: {row['outcome']}: {row['reason']}")
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
