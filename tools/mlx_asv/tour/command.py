"""A tour: sweep a few releases, confirm what became slower, count what is open, publish."""

import os
from dataclasses import dataclass
from math import expm1
from pathlib import Path

import polars as pl

from mlx_asv.analysis.results import judgement
from mlx_asv.asv_edge.commands import asv
from mlx_asv.asv_edge.stored import Project
from mlx_asv.confirm.command import Options as Confirmation
from mlx_asv.confirm.command import confirm_doubtful
from mlx_asv.count.command import Options as Count
from mlx_asv.count.command import count
from mlx_asv.engine.budget import NothingFits
from mlx_asv.engine.context import Context
from mlx_asv.engine.lost import NothingMeasured
from mlx_asv.engine.revisions import install
from mlx_asv.environments.asked import AskedError
from mlx_asv.measurement.valgrind import NoCounter
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.revision import Revision
from mlx_asv.sweep.command import Options as Sweep
from mlx_asv.sweep.command import sweep
from mlx_asv.terminal import say
from mlx_asv.verdicts.pairs import STEP
from mlx_asv.verdicts.reading import readings
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.verdict import Verdict

from .page import show
from .parts import Parts
from .releases import spread
from .stages import Stages
from .told import told

#: The parts of the budget: a sweep leaves steps open, counts answer most of these.
SWEEPING, CONFIRMING, COUNTING = 0.45, 0.15, 0.4

#: Seconds of one call of a case that is worth its time: as `mlx-asv count` has it.
LONGEST_COUNTED = 0.1


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    #: A range of releases, of which `count` are visited.
    range: str
    count: int
    patterns: tuple[str, ...]
    #: Seconds of measuring; setting up comes before, publishing after.
    budget: float
    #: Measure what an earlier tour has measured, too.
    again: bool
    #: The Unix time at which the user's command began.
    begun: float


def run_tour(options: Options, context: Context) -> int:
    """Measure, publish, say what was found; returns the status of `asv publish`.

    Raises what a sweep may (ERRORS), or AcceptedError. An interrupted tour goes on with the same
    command, stage by stage.
    """
    parts = Parts(options.begun)
    with parts.part("set-up"):
        chosen = spread(_releases(options.range, context), options.count)
        install(context, chosen, None)
    tags = [each.label for each in chosen]
    stages = Stages.of(context, tags, options.patterns)
    if options.again:
        stages.forget()
    for stage, measure in (("sweep", _sweep), ("confirm", _confirm), ("count", _count)):
        with parts.part(stage):
            if stages.has(stage):
                say(context.console, f"{stage}: done before (AGAIN=1 measures again)")
            else:
                stages.end(stage, *measure(tags, options, context))
    with parts.part("publish"):
        status = asv("publish")
    project = Project.of(context.suite.conf)
    say(context.console, "", *told(_steps(tags, context)), "", f"This took {parts}.")
    show(project.html, context.console)
    return status


def _releases(text: str, context: Context) -> list[Revision]:
    """The releases of a range, oldest first. Raises AskedError."""
    chosen = context.suite.asker.several((text,))
    if not all(each.is_release for each in chosen):
        raise AskedError(f"A tour visits releases, and {text!r} is none: name a range A..B.")
    return chosen


def _sweep(tags: list[str], options: Options, context: Context) -> list[Path]:
    asked = Sweep(
        revisions=tuple(tags),
        patterns=options.patterns,
        backends=(),
        replicates=3,
        budget=SWEEPING * options.budget,
        target=0.01,
    )
    return [sweep(asked, context)]


def _confirm(tags: list[str], options: Options, context: Context) -> list[Path]:
    asked = Confirmation(threshold=expm1(TIME.threshold), budget=CONFIRMING * options.budget)
    confirm_doubtful(asked, context, _between(tags))
    return []


def _count(tags: list[str], options: Options, context: Context) -> list[Path]:
    """Count the cases of which time has left steps open."""
    steps = readings(_steps(tags, context)).filter(
        pl.col(f"{TIME.name}_verdict") == Verdict.INCONCLUSIVE
    )
    names = Project.of(context.suite.conf).names()
    keys = ("benchmark", "case", "backend")
    patterns = [names[key].pattern for key in steps.select(keys).unique(maintain_order=True).rows()]
    if not patterns:
        say(context.console, f"{TIME.name.capitalize()} has left nothing open to count.")
        return []
    asked = Count(
        revisions=tuple(tags),
        patterns=tuple(patterns),
        backends=(),
        jobs=os.cpu_count() or 1,
        budget=COUNTING * options.budget,
        longest=LONGEST_COUNTED,
    )
    try:
        return [count(asked, context)]
    except (NoCounter, NothingFits, NothingMeasured) as error:
        say(context.console, f"{INSTRUCTIONS.name.capitalize()} are not counted: {error}")
        return []


def _steps(tags: list[str], context: Context) -> pl.DataFrame:
    """The verdicts of this machine on the steps between the releases of the tour."""
    project = Project.of(context.suite.conf)
    found = judgement(project.swept, Rule(), context.machine).verdicts
    return found.filter(_between(tags), environment=context.environment)


def _between(tags: list[str]) -> pl.Expr:
    """Whether a verdict is on a step between two of these releases."""
    ends = pl.col("before").is_in(tags) & pl.col("after").is_in(tags)
    return ends & (pl.col("comparison") == STEP)
