"""`mlx-asv calibrate`: how often this machine's verdicts are wrong, and what they find."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp
from pathlib import Path

import polars as pl
from rich.table import Table as Shown

from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.stop import stoppable
from mlx_asv.engine.wall import wall_seconds
from mlx_asv.files import write_atomically
from mlx_asv.job import Case
from mlx_asv.known.suite.histories import History
from mlx_asv.metric import TIME
from mlx_asv.terminal import say
from mlx_asv.verdicts.fresh import fresh
from mlx_asv.verdicts.sequential import StoppingRule

from . import measure, rivals
from .history import cases, truth
from .measure import Known, judged
from .report import Score, as_json, as_markdown, tables
from .score import alarms, design_effect, drifts, flags_of, recalls

#: The parts of the budget: the histories, their confirmation, equal ones under load, and theirs.
PARTS = (0.4, 0.45, 0.12, 0.03)

#: asv compare with the tool's own threshold, beside its default.
SAME_FACTOR = exp(TIME.threshold)


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    #: Seconds.
    budget: float
    #: Where the page and its JSON go, named after the machine.
    out: Path
    release: str
    replicates: int = 3
    #: Of the kernels; all if empty.
    kernels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observed:
    """A sweep's observations, and those of its confirmation."""

    sweep: pl.DataFrame
    again: pl.DataFrame


def calibrate(options: Options, context: Context) -> list[Score]:
    """Measure, or go on measuring, and write the report.

    Raises what a sweep may (ERRORS), or RivalError.
    """
    suite, console = context.suite, context.console
    with exclusive(f"`{context.command}`", context.checkout), stoppable():
        revision = suite.asker.one(options.release, "--release")
        release = revision.label
        known = Known(
            context=context,
            release=release,
            environ=suite.install(revision).environ,
            replicates=options.replicates,
        )
        kernels = options.kernels or tuple(History.params[0])
        seconds = [part * options.budget for part in PARTS]
        every = cases(("equal", "step", "blip", "drift"), kernels)
        quiet = _observed(known, every, seconds[0], seconds[1], "histories")
        equal = cases(("equal",), kernels)
        with measure.loaded_meanwhile(seconds[2]):
            loaded_sweep = measure.sweep(known, equal, seconds[2], "loaded")
        loaded = _confirmed(known, equal, loaded_sweep, seconds[3], "loaded")
    scores = scored(quiet, loaded, context.state)
    facts = {
        "machine": context.machine,
        "date": datetime.now(UTC).date().isoformat(),
        "release": release,
        "environment": context.environment,
        "conditions": context.conditions,
        "histories": len(every),
        "kernels": len(kernels),
        "minutes": sum(_wall(each) for each in (quiet, loaded)) / 60,
    }
    for ending, text in (("json", as_json(facts, scores)), ("md", as_markdown(facts, scores))):
        path = options.out / f"{context.machine}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
        say(console, f"Report: {path}")
    for table in tables(scores):
        console.print(_shown(table.title, table.columns, table.rows))
    return scores


def scored(quiet: Observed, loaded: Observed, state: Path) -> list[Score]:
    """Each rule on the same observations. Raises RivalError."""
    known = truth()
    measured = known.join(quiet.sweep.select("case").unique(), on="case", how="semi")
    equal = known.join(loaded.sweep.select("case").unique(), on="case", how="semi")
    again = [
        judged(each.sweep, fresh(each.again, StoppingRule())).verdicts for each in (quiet, loaded)
    ]
    effect = design_effect(again[0], measured)
    wall = wall_seconds(quiet.sweep)
    found = []
    for name, column, cost in (
        ("mlx-asv verdicts (candidates)", "verdict", wall),
        ("mlx-asv verdicts, confirmed", "confirmed", _wall(quiet)),
    ):
        flags, under_load = (flags_of(each, column) for each in again)
        found.append(
            Score(
                name,
                alarms(flags, measured, effect),
                alarms(under_load, equal, effect),
                recalls(flags, measured, drifts(again[0], column)),
                cost,
            )
        )
    samples = [rivals.samples(each.sweep) for each in (quiet, loaded)]
    for name, flagged in (
        ("asv compare (factor 1.1)", [rivals.asv_compare(each) for each in samples]),
        (
            f"asv compare -f {SAME_FACTOR:.2f}",
            [rivals.asv_compare(each, SAME_FACTOR) for each in samples],
        ),
        ("asv publish (steps over 5 %)", [rivals.asv_publish(each) for each in samples]),
        (rivals.OTAVA.replace("==", " "), [rivals.otava(each, state) for each in samples]),
    ):
        found.append(
            Score(
                name,
                alarms(flagged[0], measured, effect),
                alarms(flagged[1], equal, effect),
                recalls(flagged[0], measured),
                wall,
            )
        )
    return found


def _observed(known: Known, every: list[Case], sweep: float, confirm: float, name: str) -> Observed:
    return _confirmed(known, every, measure.sweep(known, every, sweep, name), confirm, name)


def _confirmed(
    known: Known, every: list[Case], swept: pl.DataFrame, budget: float, name: str
) -> Observed:
    return Observed(swept, measure.confirmations(known, swept, every, budget, name))


def _wall(observed: Observed) -> float:
    return wall_seconds(observed.sweep) + wall_seconds(observed.again)


def _shown(title: str, columns: list[str], rows: list[list[str]]) -> Shown:
    shown = Shown(title=title)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown
