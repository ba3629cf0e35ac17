"""Verdicts in the terminal: the changes for the worse, worst first, and how much is known."""

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.metric import METRICS, TIME, Metric
from mlx_asv.terminal import say

from .judge import Judgement
from .pairs import BEST, STEP
from .published import CANDIDATE, CONFIRMED, DISMISSED, published
from .verdict import is_worse, words, worsening

#: Rows of the table of times, and of the table of any other metric: time comes first.
SHOWN, SHOWN_OF_OTHERS = 30, 10


def print_judgement(judgement: Judgement, console: Console) -> None:
    """Print for each metric the changes for the worse, the counts and the movements of the whole
    suite; then the stale entries."""
    for metric in METRICS.values():
        of_it = pl.col("metric") == metric.name
        verdicts, suite = judgement.verdicts.filter(of_it), judgement.suite.filter(of_it)
        if metric is TIME:
            _print_metric(metric, verdicts, suite, SHOWN, console)
        elif verdicts.height:
            say(console, f"\n{metric.name.capitalize()}")
            _print_metric(metric, verdicts, suite, SHOWN_OF_OTHERS, console)
    for entry in judgement.stale:
        say(
            console,
            f"Stale in accepted.toml: {entry.pattern!r} at {entry.release} is about no open "
            "regression",
        )


def _print_metric(
    metric: Metric, verdicts: pl.DataFrame, suite: pl.DataFrame, most: int, console: Console
) -> None:
    """Print at most `most` changes for the worse, and the rest in a few lines."""
    worse = (
        published(verdicts.filter(is_worse()))
        .filter(is_worse())
        .sort(worsening(), descending=True, maintain_order=True)
    )
    if worse.height:
        console.print(_table(worse.head(most), metric))
    if worse.height > most:
        say(console, f"... and {worse.height - most} more")
    for comparison, name in (
        (STEP, "Releases against the one before"),
        (BEST, "Latest against best"),
    ):
        of_kind = verdicts.filter(pl.col("comparison") == comparison)
        counts = ", ".join(f"{of_kind.filter(verdict=v).height} {v}" for v in words(metric))
        say(console, f"{name}: {counts}")
    say(console, _confirmations(verdicts, metric))
    detectable = verdicts.filter(pl.col("comparison") == STEP)["mde"].to_numpy()
    if detectable.size:
        middle = sorted(detectable)[detectable.size // 2]
        say(
            console,
            "Smallest change that would be found in 80 % of sweeps: median "
            f"{metric.change(middle)}",
        )
    for row in suite.filter("suite_wide").iter_rows(named=True):
        say(
            console,
            f"Suite-wide at {row['after']} on {row['machine']}: median "
            f"{metric.change(row['effect'])}, "
            f"{row['same_way']:.0%} of {row['series']} series the same way",
        )


def _confirmations(verdicts: pl.DataFrame, metric: Metric) -> str:
    """A sentence: how many candidates fresh replicates have confirmed and dismissed."""
    standing = published(verdicts)["standing"].drop_nulls()
    confirmed, dismissed, left = (
        (standing == each).sum() for each in (CONFIRMED, DISMISSED, CANDIDATE)
    )
    how = " (`mlx-asv confirm` measures them again)" if metric is TIME else ""
    return (
        f"Of {len(standing)} {metric.worse} or {metric.better}, fresh replicates confirmed "
        f"{confirmed} and dismissed {dismissed}; {left} are candidates{how}"
    )


def _table(rows: pl.DataFrame, metric: Metric) -> Table:
    shown = Table(title=f"{metric.worse.capitalize()}, worst first")
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
            metric.change(row["effect"]),
            metric.interval(row["low"], row["high"]),
            Text("; ".join(note for note in notes if note)),
        )
    return shown
