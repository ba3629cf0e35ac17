"""The end of a count in a few lines: what is missing, and how far equal releases differ."""

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.effects.changes import effects
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.observations.schema import ARM
from mlx_asv.terminal import say

#: Sizes of a call, in instructions, that are told apart: from, and up to.
SIZES = ((0.0, 1e6), (1e6, 1e8), (1e8, float("inf")))


def twins(levels: pl.DataFrame) -> pl.DataFrame:
    """The A/A arms of counts: how far (`effect`, `spread` = its size) and the size of a call."""
    found = effects(levels.filter(metric=INSTRUCTIONS.name))
    return found.filter(pl.col("role") == "twin").with_columns(
        pl.col("effect").abs().alias("spread")
    )


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
    found = twins(levels)
    if found.is_empty():
        console.print("Nothing was counted.")
        return
    shown = Table(title="The same release twice (A/A): differences of instructions per call")
    for column in ("instructions", "cases", "median", "95 % within", "largest"):
        shown.add_column(column, justify="right")
    for low, high in SIZES:
        inside = found.filter((pl.col("value") >= low) & (pl.col("value") < high))["spread"]
        if inside.len():
            values = inside.to_numpy()
            ninety_five = np.quantile(values, 0.95, method="higher")
            shown.add_row(
                _size(low, high),
                str(inside.len()),
                *(f"{each:.3%}" for each in (np.median(values), ninety_five, values.max())),
            )
    console.print(shown)


def _size(low: float, high: float) -> str:
    if low == 0:
        return f"under {INSTRUCTIONS.text(high)}"
    if high == float("inf"):
        return f"{INSTRUCTIONS.text(low)} and more"
    return f"from {INSTRUCTIONS.text(low)}"
