"""Evidence in the terminal."""

from math import exp

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.terminal import say
from mlx_asv.verdicts.pairs import Row
from mlx_asv.verdicts.words import UNKNOWN, interval, percent

from .evidence import Evidence

#: Other steps at the release that are named.
SHOWN = 10


def print_evidence(evidence: Evidence, compare: str | None, console: Console) -> None:
    """The verdict in a sentence, and then what it rests on."""
    row = evidence.verdict
    what = f"{row['benchmark']} {row['case']} {row['backend']}"
    say(console, f"{what}, {row['before']} → {row['after']}, on {row['machine']}")
    say(console, f"Verdict: {verdict(evidence)}")
    if row["state"]:
        say(
            console, f"State: {row['state']}" + (f"; scope: {row['scope']}" if row["scope"] else "")
        )
    say(
        console,
        f"From the sweeps: {percent(row['effect'])} ({interval(row['low'], row['high'])}), "
        f"q = {row['q']:.2g}, smallest change that would be found {percent(row['mde'])}",
    )
    if row["fresh_replicates"]:
        say(
            console,
            f"From fresh replicates: {percent(row['fresh_effect'])} "
            f"({interval(row['fresh_low'], row['fresh_high'])}), {row['fresh_replicates']} of them",
        )
    else:
        say(console, "No fresh replicates: a candidate, which `mlx-asv confirm` decides.")
    for title, table in (("The sweeps", evidence.sweeps), ("Afresh", evidence.fresh)):
        if table.height:
            console.print(_replicates(f"{title}, replicate by replicate", table, row))
    for twin in evidence.twins.iter_rows(named=True):
        say(
            console,
            f"A/A then ({twin['sweep']}, {twin['label']}): {percent(twin['effect'])} "
            f"({interval(twin['low'], twin['high'])}), {twin['replicates']} replicates",
        )
    say(console, _controls(evidence))
    for line in others(evidence):
        say(console, line)
    if compare:
        say(console, f"Upstream: {compare}")


def verdict(evidence: Evidence) -> str:
    """``slower, confirmed: +5.1% (+4.2% to +6.0%)``."""
    row = evidence.verdict
    if row["confirmed"]:
        size = f"{percent(row['fresh_effect'])} ({interval(row['fresh_low'], row['fresh_high'])})"
        kept = "confirmed" if row["confirmed"] == row["verdict"] else "on fresh replicates"
        return f"{row['confirmed']}, {kept}: {size}"
    why = f" ({row['reason']})" if row["reason"] else ""
    size = f"{percent(row['effect'])} ({interval(row['low'], row['high'])})"
    return f"{row['verdict']}{why}: {size}"


def others(evidence: Evidence) -> list[str]:
    """What else moved at the release: how many, and the largest."""
    moved = evidence.moved
    if moved.is_empty():
        return ["Nothing else moved at this release."]
    counts = moved["verdict"].value_counts().sort("verdict", descending=True)
    text = ", ".join(f"{count} {name}" for name, count in counts.iter_rows())
    lines = [f"Also at this release: {text}. The largest:"]
    for row in moved.head(SHOWN).iter_rows(named=True):
        name = f"{row['benchmark']} {row['case']} {row['backend']}"
        lines.append(f"  {percent(row['effect'])} {name}")
    return lines


def _controls(evidence: Evidence) -> str:
    """How much each control scattered from replicate to replicate."""
    table = evidence.fresh if evidence.fresh.height > 1 else evidence.sweeps
    names = [name for name in table.columns if name not in COLUMNS]
    parts = [f"{name} {_scatter(table[name].drop_nulls())}" for name in names]
    return "Controls, scatter of their seconds: " + (", ".join(parts) or "none was measured")


def _scatter(seconds: pl.Series) -> str:
    spread = seconds.log().std()
    return f"{spread:.1%}" if isinstance(spread, float) else UNKNOWN


#: Of a table of replicates; the others are controls.
COLUMNS = ("sweep", "replicate", "before", "after", "change")


def _replicates(title: str, table: pl.DataFrame, row: Row) -> Table:
    shown = Table(title=title)
    controls = [name for name in table.columns if name not in COLUMNS]
    for name in ("sweep", "replicate", row["before"], row["after"], "change", *controls):
        shown.add_column(Text(name), justify="left" if name == "sweep" else "right")
    for each in table.iter_rows(named=True):
        cells = [each["sweep"], str(each["replicate"] + 1)]
        cells += [seconds(each["before"]), seconds(each["after"]), percent(each["change"])]
        shown.add_row(*cells, *(seconds(each[name]) for name in controls))
    middle = table["change"].median()
    if isinstance(middle, float):
        shown.caption = f"median change {exp(middle) - 1:+.1%}"
    return shown


def seconds(value: float | None) -> str:
    """With a unit that leaves digits before the point."""
    if value is None:
        return UNKNOWN
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value / 1e-9:.4g} ns"
