"""Verdicts in the terminal: what is slower, worst first, and how much is known."""

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.terminal import say

from .judge import Judgement
from .pairs import BEST, STEP
from .published import CANDIDATE, CONFIRMED, DISMISSED, published
from .rule import Verdict
from .words import interval, percent

#: Rows of a table.
SHOWN = 30


def print_judgement(judgement: Judgement, console: Console) -> None:
    """The slower ones, the counts, what moved as a whole, and entries that are stale."""
    verdicts = judgement.verdicts
    slower = (
        published(verdicts.filter(verdict=Verdict.SLOWER.value))
        .filter(verdict=Verdict.SLOWER.value)
        .sort("effect", descending=True, maintain_order=True)
    )
    if slower.height:
        console.print(_table(slower.head(SHOWN)))
    if slower.height > SHOWN:
        say(console, f"... and {slower.height - SHOWN} more")
    for comparison, name in (
        (STEP, "Releases against the one before"),
        (BEST, "Latest against best"),
    ):
        of_kind = verdicts.filter(pl.col("comparison") == comparison)
        counts = ", ".join(f"{of_kind.filter(verdict=v.value).height} {v}" for v in Verdict)
        say(console, f"{name}: {counts}")
    say(console, _confirmations(verdicts))
    detectable = verdicts.filter(pl.col("comparison") == STEP)["mde"].to_numpy()
    if detectable.size:
        middle = sorted(detectable)[detectable.size // 2]
        say(
            console,
            f"Smallest change that would be found in 80 % of sweeps: median {percent(middle)}",
        )
    for row in judgement.suite.filter("suite_wide").iter_rows(named=True):
        say(
            console,
            f"Suite-wide at {row['after']} on {row['machine']}: median {percent(row['effect'])}, "
            f"{row['same_way']:.0%} of {row['series']} series the same way",
        )
    for entry in judgement.stale:
        say(
            console,
            f"Stale in accepted.toml: {entry.pattern!r} at {entry.release} is about no open "
            "regression",
        )


def _confirmations(verdicts: pl.DataFrame) -> str:
    """How many candidates fresh replicates confirmed, and dismissed."""
    standing = published(verdicts)["standing"].drop_nulls()
    confirmed, dismissed, left = (
        (standing == each).sum() for each in (CONFIRMED, DISMISSED, CANDIDATE)
    )
    return (
        f"Of {len(standing)} slower or faster, fresh replicates confirmed {confirmed} and "
        f"dismissed {dismissed}; {left} are candidates "
        "(`mlx-asv confirm` measures them again)"
    )


def _table(rows: pl.DataFrame) -> Table:
    shown = Table(title="Slower, worst first")
    shown.add_column("what", overflow="fold")
    shown.add_column("releases")
    shown.add_column("change", justify="right", no_wrap=True)
    shown.add_column("95 % interval", justify="right", no_wrap=True)
    shown.add_column("notes")
    for row in rows.iter_rows(named=True):
        best = " (best so far)" if row["comparison"] == BEST else ""
        candidate = CANDIDATE if row["standing"] == CANDIDATE else None
        notes = (candidate, row["state"], row["scope"])
        shown.add_row(
            Text(f"{row['benchmark']} {row['case']} {row['backend']}"),  # names are no markup
            Text(f"{row['before']} → {row['after']}{best}"),
            percent(row["effect"]),
            interval(row["low"], row["high"]),
            Text("; ".join(note for note in notes if note)),
        )
    return shown
