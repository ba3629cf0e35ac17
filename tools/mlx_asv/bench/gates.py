"""Gates by counts whose two sides are the same release: how often they cry wolf.

``python -m mlx_asv.bench.gates`` counts one case for each gate, by turns of all that are selected,
in copies of their own, and decides as `mlx-asv gate --metric instructions` does. Interrupted, it
goes on with the same command.
"""

import os
from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Any

import click
import polars as pl
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.count.effort import Effort
from mlx_asv.count.plan import CountPlan
from mlx_asv.engine.context import Context
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.rows import value_rows
from mlx_asv.gate.counts import findings
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.blocks import VISIT_LIMIT
from mlx_asv.measurement.counting import Counters, counted
from mlx_asv.measurement.counting_engine import engine
from mlx_asv.measurement.values import replicates
from mlx_asv.measurement.zygotes import Workers
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.terminal import say
from mlx_asv.verdicts.verdict import Verdict

from . import lines

#: The two sides, which are the same release.
SIDES = ("base", "head")

#: Gates that share processes under Valgrind; each has copies of its own.
SHARED = 20


@click.command()
@click.option("--gates", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--release", default="HEAD", help="Both sides of every gate. [the newest]")
@click.option("-b", "--bench", multiple=True, required=True, help="As for asv run.")
@click.option("--backend", default="mlx_cpu", show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path(".asv/gates-of-counts.jsonl"))
def main(
    gates: int, release: str, bench: tuple[str, ...], backend: str, jobs: int, out: Path
) -> None:
    """Run gates on equal sides, and print how they ended."""
    console, suite = Console(), Suite(Path.cwd())
    context = Context(
        suite=suite,
        description=suite.machine(None),
        command="a benchmark of gates",
        checkout=Path.cwd(),
        console=console,
    )
    installed = context.suite.install(context.suite.asker.one(release, "--release"))
    cases = context.suite.listing(installed, bench, save=False).selected([backend])
    done = lines.read(out)
    environs = dict.fromkeys(SIDES, installed.environ)
    with TemporaryDirectory() as scratch:
        seconds = _seconds(context, cases, environs, Path(scratch), backend)
        left = range(len(done), gates)
        for start in track(range(left.start, left.stop, SHARED), "gates", console=console):
            logs = Path(scratch) / str(start)
            logs.mkdir()
            with Counters(
                engine(),
                context.suite.python,
                context.suite.directory,
                logs,
                environs=environs,
                modules=context.suite.changing_modules,
            ) as counters:
                for number in range(start, min(start + SHARED, gates)):
                    case = cases[number % len(cases)]
                    found = _gate(context, case, seconds[case], counters, backend, jobs)
                    lines.add(out, found)
    report(lines.read(out), console)


def _seconds(
    context: Context,
    cases: list[Case],
    environs: Mapping[str, Mapping[str, str]],
    scratch: Path,
    backend: str,
) -> dict[Case, float]:
    """Seconds of one call of each case, when nobody counts."""
    suite, found = context.suite, {}
    with Workers(
        suite.python, suite.directory, scratch, environs=environs, imports=suite.imports
    ) as workers:
        for case in cases:
            with workers.start(Arm(backend, SIDES[0], "reference")) as worker:
                worker.start_load(suite.directory, case.benchmark, case.backends[backend])
                found[case] = worker.finish_load(max(case.timeout, VISIT_LIMIT)).processor
    return found


def _gate(
    context: Context, case: Case, seconds: float, counters: Counters, backend: str, jobs: int
) -> dict[str, Any]:
    """One gate: its verdict, the difference of its sides, that of BASE from itself, and seconds."""
    base, head = SIDES
    arms = (
        Arm(backend, base, "reference"),
        Arm(backend, base, "twin"),
        Arm(backend, head, "release"),
    )
    job = Effort({backend: seconds}).job(case, arms)
    plan = CountPlan.here(
        context,
        engine(),
        releases=SIDES,
        reference=base,
        cases=(case,),
        longest=0.0,
    )
    began = time()
    counts = counted(job, counters, jobs=jobs, tell=lambda text: None)
    taken = time() - began
    begun = Begun(id="gate", seed=0, memory=0, command="")
    rows = [
        row
        for replicate in range(replicates(counts))
        for row in value_rows(
            job,
            INSTRUCTIONS,
            counts,
            plan=plan,
            begun=begun,
            replicate=replicate,
            started=began,
            seconds=taken,
        )
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA)
    found, _ = findings(frame, plan, context.controls, INSTRUCTIONS.threshold)
    (finding,) = found.values()
    return {
        "case": case.name,
        "instructions": _known(frame["value"].median()),
        "verdict": finding.decision,
        "reason": finding.reason,
        "effect": _known(finding.change.effect),
        "twin": _known(finding.twin.effect),
        "seconds": taken,
    }


def _known(value: object) -> float | None:
    """A number, of a gate or of several; None where there is none."""
    return value if isinstance(value, float) and isfinite(value) else None


def report(gates: list[dict[str, Any]], console: Console) -> None:
    """Print a row for each case, and how many gates were false alarms."""
    table = Table(title="Gates by counts whose sides are the same release")
    for column in ("case", "instructions", "gates", "verdicts", "median", "largest", "seconds"):
        table.add_column(column, justify="left" if column in ("case", "verdicts") else "right")
    for row in by_case(gates):
        table.add_row(*row)
    console.print(table)
    false = sum(each["verdict"] in INSTRUCTIONS.changes for each in gates)
    undecided = sum(each["verdict"] in (None, Verdict.INCONCLUSIVE) for each in gates)
    say(
        console,
        f"{len(gates)} gates of one case each, {os.getloadavg()[0]:.1f} programs running now: "
        f"{false} false alarms, {undecided} without an answer",
    )


def by_case(gates: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The cells of each case: its size, its gates by verdict, the differences of equal sides."""
    every = pl.DataFrame(gates, infer_schema_length=None)
    for (case,), frame in every.group_by("case", maintain_order=True):
        effect = frame["effect"].cast(pl.Float64).abs()
        said = Tally("not counted" if each is None else str(each) for each in frame["verdict"])
        yield (
            str(case),
            INSTRUCTIONS.text(_known(frame["instructions"].median())),
            str(frame.height),
            ", ".join(f"{count} {word}" for word, count in said.items()),
            INSTRUCTIONS.spread(_known(effect.median())),
            INSTRUCTIONS.spread(_known(effect.max())),
            f"{_known(frame['seconds'].median()):.0f}",
        )


if __name__ == "__main__":
    main()
