"""Verdicts in the terminal: the changes for the worse, worst first, and how much is known."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.metric import ERROR, METRICS, TIME, Limit, Metric
from mlx_asv.terminal import say

from .absolute import latest
from .answers import answers_sentence, readings_sentence
from .exactness import sentence
from .judge import Judgement
from .pairs import BEST, STEP, Row
from .published import CANDIDATE, CONFIRMED, DISMISSED, published
from .reading import KEY, other_answer, readings
from .verdict import Verdict, is_worse, words, worsening

#: Rows of the table of the first metric, and of the table of any other: time comes first.
SHOWN, SHOWN_OF_OTHERS = 30, 10

#: Rows by KEY.
ByKey = Mapping[tuple[str, ...], Row]


@dataclass(frozen=True)
class Others:
    """What else is said of a step: its row of READINGS, and of EXACTNESS."""

    readings: ByKey
    exactness: ByKey


def print_judgement(judgement: Judgement, console: Console, only: Metric | None = None) -> None:
    """Print for each metric the changes for the worse, the counts and the movements of the whole
    suite; then how many steps have an answer, and the stale entries.

    `only`: nothing of another metric. Of time there is no heading.
    """
    beside = readings(judgement.verdicts)
    others = Others(_by_key(beside), _by_key(judgement.exactness))
    judged = set(judgement.verdicts["metric"])
    shown = [each for each in METRICS.values() if each in (only or each,) and each.name in judged]
    for number, metric in enumerate(shown or [only or TIME]):
        of_it = pl.col("metric") == metric.name
        if metric is not TIME:
            say(console, ("\n" if number else "") + metric.name.capitalize())
        _print_metric(
            metric,
            judgement.verdicts.filter(of_it),
            judgement.suite.filter(of_it),
            judgement.absolute.filter(of_it),
            others,
            SHOWN_OF_OTHERS if number else SHOWN,
            console,
        )
    for said in filter(None, (readings_sentence(beside), answers_sentence(beside))):
        say(console, f"\n{said}")
    for entry in judgement.stale:
        say(
            console,
            f"Stale in accepted.toml: {entry.pattern!r} at {entry.release} is about no open "
            "regression",
        )


def _print_metric(
    metric: Metric,
    verdicts: pl.DataFrame,
    suite: pl.DataFrame,
    alone: pl.DataFrame,
    others: Others,
    most: int,
    console: Console,
) -> None:
    """Print at most `most` changes for the worse, and the rest in a few lines.

    `alone`: what is said of each release by itself. `others`: what else of the same steps."""
    worse = (
        published(verdicts.filter(is_worse()))
        .filter(is_worse())
        .sort(worsening(), descending=True, maintain_order=True)
    )
    if worse.height:
        console.print(_table(worse.head(most), metric, others))
    if worse.height > most:
        say(console, f"... and {worse.height - most} more")
    for comparison, name in (
        (STEP, "Releases against the one before"),
        (BEST, "Latest against best"),
    ):
        of_kind = verdicts.filter(pl.col("comparison") == comparison)
        counts = ", ".join(f"{of_kind.filter(verdict=v).height} {v}" for v in words(metric))
        say(console, f"{name}: {counts}")
    if metric.limit is not None and alone.height:
        _print_latest(metric, metric.limit, latest(alone), most, console)
    if not metric.undisturbed:
        say(console, _confirmations(verdicts, metric))
    if metric.unseen:
        say(console, metric.unseen)
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


def _print_latest(
    metric: Metric, limit: Limit, rows: pl.DataFrame, most: int, console: Console
) -> None:
    """Print what is beyond the limit at the latest release, at most so many, and how many are."""
    beyond = rows.filter(verdict=limit.beyond).sort(
        pl.col("value") / pl.col("most"), descending=True, maintain_order=True
    )
    if beyond.height:
        shown = Table(title=f"{limit.beyond.capitalize()} at the latest release")
        for name in ("what", "release", limit.beyond, "since"):
            shown.add_column(name, overflow="fold")
        for row in beyond.head(most).iter_rows(named=True):
            shown.add_row(
                Text(f"{row['benchmark']} {row['case']} {row['backend']}"),
                Text(row["release"]),
                metric.told(row["value"], row["most"]),
                Text(row["since"]),
            )
        console.print(shown)
    if beyond.height > most:
        say(console, f"... and {beyond.height - most} more")
    verdicts = (limit.beyond, limit.within, Verdict.INCONCLUSIVE)
    counts = ", ".join(f"{rows.filter(verdict=v).height} {v}" for v in verdicts)
    say(console, f"Latest release by itself: {counts}")


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


def _table(rows: pl.DataFrame, metric: Metric, others: Others) -> Table:
    shown = Table(title=f"{metric.worse.capitalize()}, worst first")
    shown.add_column("what", overflow="fold")
    shown.add_column("releases")
    shown.add_column("change", justify="right", no_wrap=True)
    shown.add_column("95 % interval", justify="right", no_wrap=True)
    shown.add_column("notes")
    for row in rows.iter_rows(named=True):
        best = " (best so far)" if row["comparison"] == BEST else ""
        candidate = CANDIDATE if row["standing"] == CANDIDATE else None
        notes = (candidate, row["state"], row["scope"], *_beside(row, metric, others))
        shown.add_row(
            Text(f"{row['benchmark']} {row['case']} {row['backend']}"),  # names are no markup
            Text(f"{row['before']} → {row['after']}{best}"),
            metric.change(row["effect"]),
            metric.interval(row["low"], row["high"]),
            Text("; ".join(note for note in notes if note)),
        )
    return shown


def _by_key(frame: pl.DataFrame) -> ByKey:
    return {tuple(row[name] for name in KEY): row for row in frame.iter_rows(named=True)}


def _beside(row: Row, metric: Metric, others: Others) -> list[str | None]:
    """What other metrics say of a step; nothing of a comparison with the best."""
    if row["comparison"] != STEP:
        return []
    key = tuple(row[name] for name in KEY)
    reading, exact = others.readings.get(key), others.exactness.get(key)
    return [
        other_answer(reading, metric) if reading else None,
        sentence(exact) if exact and metric is not ERROR else None,
    ]
