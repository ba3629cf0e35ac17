"""The figures of all steps in the terminal."""

from collections.abc import Sequence

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.metric import INSTRUCTIONS, METRICS, TIME, Metric
from mlx_asv.terminal import say
from mlx_asv.verdicts.answers import share
from mlx_asv.verdicts.reading import ANSWERS

from .figures import Figures


def print_figures(figures: Figures, console: Console) -> None:
    """Print the shares of steps with an answer, the spread of equal releases, the largest steps in
    instructions, and how their effects rank with those of time."""
    for table, name in ((figures.backends, "backend"), (figures.families, "family")):
        console.print(_shares(table, name, figures.judged))
    console.print(_spreads(figures.spreads))
    if list(figures.judged) != list(ANSWERS):
        return
    if figures.largest.height:
        console.print(_largest(figures.largest))
    found = figures.agreement
    said = "unknown" if found.correlation is None else f"{found.correlation:+.2f}"
    say(
        console,
        INSTRUCTIONS.unseen,
        f"Spearman correlation of the effects of instructions and of time on {found.steps} steps "
        f"whose change of time is confirmed: {said}",
    )


def _table(title: str, *columns: str) -> Table:
    shown = Table(title=title)
    for number, name in enumerate(columns):
        shown.add_column(name, justify="right" if number else "left", overflow="fold")
    return shown


def _shares(table: pl.DataFrame, by: str, judged: Sequence[Metric]) -> Table:
    names = [each.name for each in judged] + (["either"] if len(judged) > 1 else [])
    shown = _table(f"Steps with an answer, by {by}", by, "steps", *names)
    for row in table.iter_rows(named=True):
        shares = (share(row[name], row["steps"]) for name in names)
        shown.add_row(Text(row[by]), f"{row['steps']:,}", *shares)
    return shown


def _spreads(table: pl.DataFrame) -> Table:
    sizes = ("median", "most", "largest")
    shown = _table(
        "What equal releases differ by (A/A)", "size", "pairs", "median", "95 % within", "largest"
    )
    for row in table.iter_rows(named=True):
        spread = (METRICS[row["metric"]].fine(row[name]) for name in sizes)
        shown.add_row(f"{row['metric']}, {row['size']}", f"{row['pairs']:,}", *spread)
    return shown


def _largest(table: pl.DataFrame) -> Table:
    shown = _table(
        "The largest steps in instructions", "what", "releases", *(each.name for each in ANSWERS)
    )
    for row in table.iter_rows(named=True):
        time = row[f"{TIME.name}_verdict"]
        standing = f"{time}, confirmed" if row["confirmed"] else time
        change = TIME.change(row[f"{TIME.name}_effect"])
        shown.add_row(
            Text(f"{row['benchmark']} {row['case']} {row['backend']}"),
            f"{row['before']} → {row['after']}",
            f"{change} ({standing})" if time else "not measured",
            INSTRUCTIONS.change(row[f"{INSTRUCTIONS.name}_effect"]),
        )
    return shown
