"""`mlx-asv count`: from a range and a selection to observations of instructions."""

from dataclasses import dataclass
from pathlib import Path

from mlx_asv.analysis.cases import judged_as_called
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.lost import merged
from mlx_asv.engine.revisions import Revisions, install
from mlx_asv.engine.selection import comparable
from mlx_asv.engine.session import Counting
from mlx_asv.engine.stop import stoppable
from mlx_asv.measurement.counting_engine import Engine, engine
from mlx_asv.observations.store import Running
from mlx_asv.terminal import say
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.report import print_judgement
from mlx_asv.verdicts.rule import Rule

from .measure import measure
from .plan import CountPlan
from .summary import print_summary


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    #: Words for revisions: releases and ranges of them, wheel files, or source trees.
    revisions: tuple[str, ...]
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    #: Arms that are counted at the same time.
    jobs: int
    #: Seconds.
    budget: float
    #: Seconds of one call, uncounted, of a case that is worth its time.
    longest: float
    reference: str | None = None


@dataclass(frozen=True)
class Planned:
    """The plan of a count, with the revisions installed and what counts."""

    plan: CountPlan
    revisions: Revisions
    engine: Engine


def count(options: Options, context: Context) -> Path:
    """Count, or go on where an earlier command stopped; returns the file of observations.

    Counts of releases belong to the results of this machine, those of wheel files and source trees
    lie apart. Raises ERRORS.
    """
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        planned = plan_of(options, context)
        running = begin(Running(context.state / "counts" / planned.plan.key))
        begun = measure(
            context,
            planned.plan,
            counting=Counting(planned.engine, options.jobs),
            running=running,
            environs=planned.revisions.environs,
            budget=options.budget,
        )
        target = planned.revisions.folder(context) / f"{begun.id}.parquet"
        observations = merged(running, target, "counted")
    running.clear()
    levels = life_levels(observations)
    print_summary(observations, levels, context.console)
    found = judge(levels, planned.plan.releases, Rule())
    print_judgement(judged_as_called(found, observations), context.console)
    say(context.console, f"Observations: {context.shown(target)}")
    return target


def plan_of(options: Options, context: Context) -> Planned:
    """Make the plan, and install its revisions."""
    counting = engine()
    suite = context.suite
    revisions = install(context, suite.asker.several(options.revisions), options.reference)
    listing = suite.listing(revisions.of_reference, options.patterns, save=False)
    plan = CountPlan.here(
        context,
        counting,
        releases=revisions.labels,
        reference=revisions.reference.label,
        cases=comparable(listing.selected(options.backends), context.controls),
        longest=options.longest,
        contents=revisions.contents,
    )
    return Planned(plan, revisions, counting)
