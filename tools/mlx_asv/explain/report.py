"""Evidence in the terminal."""

from collections.abc import Sequence

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlx_asv.metric import Metric, Scale
from mlx_asv.terminal import say
from mlx_asv.verdicts.pairs import Row
from mlx_asv.verdicts.reading import ANSWERS, other_answer

from .evidence import Evidence

#: Other steps at the release that are named.
SHOWN = 10


def print_evidence(
    evidence: Evidence, compare: str | None, console: Console, beside: Sequence[str] = ()
) -> None:
    """The verdict in a sentence, and then what it rests on. `beside`: what else is said of it."""
    row = evidence.verdict
    metric = evidence.metric
    what = f"{row['benchmark']} {row['case']} {row['backend']}"
    say(console, f"{what}, {row['before']} → {row['after']}, on {row['machine']}: {metric.name}")
    say(console, f"Verdict: {verdict(evidence)}")
    if row["state"]:
        say(
            console, f"State: {row['state']}" + (f"; scope: {row['scope']}" if row["scope"] else "")
        )
    say(
        console,
        f"From the sweeps: {_size(row, metric)}, "
        f"q = {row['q']:.2g}, smallest change that would be found {metric.change(row['mde'])}",
    )
    if evidence.reading and (other := other_answer(evidence.reading, metric)):
        say(console, f"Beside it: {other}")
    for said in beside:
        say(console, said)
    if unseen := _unseen(evidence):
        say(console, unseen)
    if row["fresh_replicates"]:
        say(
            console,
            f"From fresh replicates: {_size(row, metric, 'fresh_')}, {row['fresh_replicates']} of "
            "them",
        )
    elif not metric.undisturbed:
        say(console, "No fresh replicates: a candidate, which `mlx-asv confirm` decides.")
    for title, table in (("The sweeps", evidence.sweeps), ("Afresh", evidence.fresh)):
        if table.height:
            console.print(_replicates(f"{title}, replicate by replicate", table, evidence))
    for twin in evidence.twins.iter_rows(named=True):
        say(
            console,
            f"A/A then ({twin['sweep']}, {twin['label']}): {metric.change(twin['effect'])} "
            f"({metric.interval(twin['low'], twin['high'])}), {twin['replicates']} replicates",
        )
    say(console, _controls(evidence))
    for line in others(evidence):
        say(console, line)
    if compare:
        say(console, f"Upstream: {compare}")


def _unseen(evidence: Evidence) -> str:
    """What a metric that has an answer does not show; "" if all show everything."""
    read = (
        []
        if evidence.reading is None
        else [each for each in ANSWERS if evidence.reading[f"{each.name}_verdict"]]
    )
    return " ".join(each.unseen for each in dict.fromkeys((evidence.metric, *read)) if each.unseen)


def verdict(evidence: Evidence) -> str:
    """``slower, confirmed: +5.1% (+4.2% to +6.0%)``."""
    row, metric = evidence.verdict, evidence.metric
    if row["confirmed"]:
        kept = "confirmed" if row["confirmed"] == row["verdict"] else "on fresh replicates"
        return f"{row['confirmed']}, {kept}: {_size(row, metric, 'fresh_')}"
    why = f" ({row['reason']})" if row["reason"] else ""
    return f"{row['verdict']}{why}: {_size(row, metric)}"


def _size(row: Row, metric: Metric, which: str = "") -> str:
    """``+5.1% (+4.2% to +6.0%)``: the sweeps' effect and interval, or those of `which`."""
    effect, low, high = (row[f"{which}{name}"] for name in ("effect", "low", "high"))
    return f"{metric.change(effect)} ({metric.interval(low, high)})"


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
        lines.append(f"  {evidence.metric.change(row['effect'])} {name}")
    return lines


def _controls(evidence: Evidence) -> str:
    """How much each control scattered from replicate to replicate."""
    table = evidence.fresh if evidence.fresh.height > 1 else evidence.sweeps
    names = [name for name in table.columns if name not in COLUMNS]
    parts = [f"{name} {_scatter(table[name].drop_nulls(), evidence.metric)}" for name in names]
    said = ", ".join(parts) or "none was measured"
    return f"Controls, scatter of their {evidence.metric.values}: {said}"


def _scatter(values: pl.Series, metric: Metric) -> str:
    spread = (values.log() if metric.scale is Scale.LOG else values).std()
    return metric.spread(spread if isinstance(spread, float) else None)


#: Of a table of replicates; the others are controls.
COLUMNS = ("sweep", "replicate", "before", "after", "change")


def _replicates(title: str, table: pl.DataFrame, evidence: Evidence) -> Table:
    shown = Table(title=title)
    row, metric = evidence.verdict, evidence.metric
    controls = [name for name in table.columns if name not in COLUMNS]
    for name in ("sweep", "replicate", row["before"], row["after"], "change", *controls):
        shown.add_column(Text(name), justify="left" if name == "sweep" else "right")
    for each in table.iter_rows(named=True):
        cells = [each["sweep"], str(each["replicate"] + 1)]
        cells += [metric.text(each["before"]), metric.text(each["after"])]
        cells.append(metric.change(each["change"]))
        shown.add_row(*cells, *(metric.text(each[name]) for name in controls))
    middle = table["change"].median()
    if isinstance(middle, float):
        shown.caption = f"median change {metric.change(middle)}"
    return shown
