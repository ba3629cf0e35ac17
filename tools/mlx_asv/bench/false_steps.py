"""`asv run` by asv itself and by the engine, in one session: steps of what has not changed.

``python -m mlx_asv.bench.false_steps v0.29.0..v0.31.1 -b '@tour:mlx_cpu'`` runs both in directories
of their own. Of the steps on which a machine's counts say that the same instructions are
executed, it prints how many `asv compare` calls slower or faster, and how many the verdicts do. A
step of the same instructions may have another time all the same, by memory or layout: the two rows
of `asv compare` are what to hold against each other.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import polars as pl
from rich.console import Console
from rich.table import Table

from mlx_asv.analysis.results import judgement
from mlx_asv.asv_edge.conf import load_conf
from mlx_asv.asv_edge.own_way import ASV, ENGINE
from mlx_asv.asv_edge.stored import Project
from mlx_asv.engine.context import Context, context_here
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.terminal import say
from mlx_asv.verdicts.published import published
from mlx_asv.verdicts.reading import readings
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.verdict import Verdict, is_change

from .asv_side import AsvProject

#: A step of a series: asv's name of the benchmark with its parameters, and two releases.
Step = tuple[str, str, str]

#: A row of `asv compare`: its mark, and the name.
ROW = re.compile(r"^\| *(?P<mark>[-+]) *\|.*\| *(?P<name>[^|]+?) *\|$", re.MULTILINE)


@dataclass(frozen=True)
class Side:
    """What one way to measure has found. `changed`: by a rule, the steps that it calls changes."""

    title: str
    minutes: float
    changed: dict[str, set[Step]]


@click.command()
@click.argument("range")
@click.option("-b", "--bench", multiple=True, required=True, help="As for asv run.")
@click.option("--factor", default=1.1, show_default=True, help="Of asv compare.")
@click.option("--counts-of", help="The machine whose counts are taken. [this one]")
@click.option("--out", type=click.Path(path_type=Path), default=Path(".asv/false-steps"))
def main(
    range: str, bench: tuple[str, ...], factor: float, counts_of: str | None, out: Path
) -> None:
    """Run both, and print how many steps of unchanged code each calls a change."""
    context = context_here(None, "a benchmark of asv run")
    tags = [each.label for each in context.suite.asker.several((range,))]
    unchanged = set(known(context, tags, counts_of or context.machine))
    sides = []
    for engine, title in ((ASV, "asv itself"), (ENGINE, "the engine")):
        project = AsvProject((out / engine).absolute(), context, bench, engine)
        minutes = project.run_all(range) / 60
        changed = {f"asv compare -f {factor:g}": set(compared(project, tags, factor))}
        if engine == ENGINE:
            changed["verdicts"] = set(judged(project, context, tags))
        sides.append(Side(title, minutes, changed))
        say(context.console, f"asv run by {title}: {minutes:.1f} min")
    report(sides, unchanged, context.console)


def known(context: Context, tags: Sequence[str], machine: str) -> Iterator[Step]:
    """The steps of which a machine's counts say that the same instructions are executed."""
    project = Project.of(context.suite.conf)
    names = project.names()
    found = readings(judgement(project.swept, Rule(), machine).verdicts)
    same = found.filter(pl.col(f"{INSTRUCTIONS.name}_verdict") == Verdict.SAME)
    for row in _between(same, tags).iter_rows(named=True):
        if name := names.get((row["benchmark"], row["case"], row["backend"])):
            yield str(name), row["before"], row["after"]


def compared(project: AsvProject, tags: Sequence[str], factor: float) -> Iterator[Step]:
    """The steps that `asv compare` marks."""
    for before, after in pairwise(tags):
        _, said = project.asv("compare", before, after, "--factor", f"{factor:g}")
        for row in ROW.finditer(said):
            yield row["name"], before, after


def judged(project: AsvProject, context: Context, tags: Sequence[str]) -> Iterator[Step]:
    """The steps that the verdicts call a change of time."""
    here = Project.of(load_conf(project.path))
    names = here.names()
    found = published(judgement(here.swept, Rule(), context.machine).verdicts)
    changes = _between(found.filter(is_change(), metric=TIME.name), tags)
    for row in changes.iter_rows(named=True):
        yield str(names[row["benchmark"], row["case"], row["backend"]]), row["before"], row["after"]


def _between(rows: pl.DataFrame, tags: Sequence[str]) -> pl.DataFrame:
    """The rows on two releases that follow each other."""
    steps = pl.DataFrame(list(pairwise(tags)), schema=["before", "after"], orient="row")
    return rows.join(steps, on=["before", "after"], how="semi")


def report(sides: Sequence[Side], unchanged: set[Step], console: Console) -> None:
    """A row for each way to measure and rule."""
    table = Table(title=f"{len(unchanged)} steps of the same instructions")
    for column in ("asv run by", "minutes", "rule", "called a change", "of these unchanged"):
        table.add_column(column, justify="left" if column in ("asv run by", "rule") else "right")
    for side in sides:
        for rule, changed in side.changed.items():
            false = len(changed & unchanged)
            table.add_row(
                side.title, f"{side.minutes:.1f}", rule, str(len(changed)), f"{false} false steps"
            )
    console.print(table)
    for side in sides:
        for rule, changed in side.changed.items():
            most = Counter(name for name, *_ in changed & unchanged).most_common(5)
            if most:
                named = ", ".join(f"{name} ({count})" for name, count in most)
                say(console, f"{side.title}, {rule}: most of them in {named}")


if __name__ == "__main__":
    main()
