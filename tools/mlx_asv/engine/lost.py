"""What a run could not measure, in a few lines at its end; and the end of one without a value."""

from pathlib import Path

import polars as pl
from rich.console import Console

from mlx_asv.observations.schema import ARM
from mlx_asv.observations.store import Running
from mlx_asv.terminal import say


class NothingMeasured(Exception):
    """A run has no value; the text says why."""


def merged(running: Running, target: Path, done: str) -> pl.DataFrame:
    """The observations of a run that has ended, merged into the file `target`.

    A run without any value leaves no file: raises NothingMeasured, which says that nothing was
    `done`, such as "measured".
    """
    observations = running.read()
    if not (observations["outcome"] == "ok").any():
        running.clear()
        raise NothingMeasured(f"Nothing was {done}{_why(observations)}.")
    return running.merge(target)


def _why(observations: pl.DataFrame) -> str:
    reasons = observations.group_by("outcome", "reason").len().sort("len", "reason")
    if reasons.is_empty():
        return ""
    row = reasons.row(-1, named=True)
    others = f", and {reasons.height - 1} more" if reasons.height > 1 else ""
    return f": {row['outcome']}: {row['reason']}{others}"


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
