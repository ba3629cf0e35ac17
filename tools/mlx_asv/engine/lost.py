"""What a run could not measure, in a few lines at its end."""

from collections.abc import Sequence

import polars as pl
from rich.console import Console

from mlx_asv.job import Case
from mlx_asv.observations.schema import ARM
from mlx_asv.terminal import say


def say_lost(observations: pl.DataFrame, done: str, console: Console) -> None:
    """Print what was not `done`, such as "counted", by reason."""
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
        say(console, f"Not {done}: {which}{where}: {row['outcome']}: {row['reason']}")


def say_left_out(cases: Sequence[Case], of: Sequence[Case], does: str, console: Console) -> None:
    """Print which of all cases the budget did not reach, if any; a larger one `does` them."""
    if cases:
        say(
            console,
            f"Left out for want of time: {len(cases)} of {len(of)} cases, {cases[0].name} first; "
            f"a larger --budget {does} them, too.",
        )
