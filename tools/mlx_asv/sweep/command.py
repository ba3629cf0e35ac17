"""`mlx-asv sweep`: from a range and a selection to observations and asv's results."""

from dataclasses import dataclass
from math import inf
from pathlib import Path

import polars as pl

from mlx_asv.analysis.cases import judged_as_called
from mlx_asv.asv_edge.listing import Listing
from mlx_asv.asv_edge.series_results import write_series
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.lost import merged
from mlx_asv.engine.progress import limit
from mlx_asv.engine.revisions import Revisions, install
from mlx_asv.engine.selection import comparable
from mlx_asv.engine.session import opened
from mlx_asv.engine.stop import stoppable
from mlx_asv.environments.asked import AskedError
from mlx_asv.metric import TIME
from mlx_asv.observations.store import Running, read_machine
from mlx_asv.terminal import say
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.report import print_judgement
from mlx_asv.verdicts.rule import Rule

from .narrow import MOST_REPLICATES, Narrow
from .plan import SweepPlan
from .summary import print_summary


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    #: Words for revisions: releases and ranges of them, wheel files, or source trees.
    revisions: tuple[str, ...]
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    replicates: int
    #: Seconds.
    budget: float
    #: Half-width of a 95 % interval, in log time (1 % is 0.01).
    target: float
    #: Seconds of one call of a case that is worth its time.
    longest: float = inf
    reference: str | None = None
    #: What it finds is going to be confirmed, which only results are.
    confirms: bool = False


@dataclass(frozen=True)
class Planned:
    """The plan of a sweep, with the revisions installed."""

    plan: SweepPlan
    revisions: Revisions
    listing: Listing


def sweep(options: Options, context: Context) -> Path:
    """Measure, or go on where an earlier command stopped; returns the file of observations.

    Observations of releases belong to the results of this machine. Observations of wheel files and
    source trees lie apart: they are no part of the history, and nobody else has those revisions.
    Raises ERRORS.
    """
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        planned = plan_of(options, context)
        running = begin(Running(context.state / "sweeps" / planned.plan.key))
        target = measure(context, planned, running, budget=options.budget)
        observations = merged(running, target, "measured")
        if planned.revisions.of_releases:
            write_results(context, planned.listing)
    running.clear()
    print_summary(observations, options.target, context.console)
    results = context.results / context.machine
    if planned.revisions.of_releases:
        next_step = f"asv's results: {context.shown(results)} (`asv publish`, `asv compare A B`)"
    else:
        order = planned.plan.releases
        found = judge(life_levels(observations), order, Rule())
        print_judgement(judged_as_called(found, observations), context.console)
        next_step = "They are no releases, and so no part of the results"
    say(context.console, f"Observations: {context.shown(target)}\n{next_step}")
    return target


def plan_of(options: Options, context: Context) -> Planned:
    """Make the plan, and install its revisions."""
    suite = context.suite
    chosen = suite.asker.several(options.revisions)
    if options.confirms and not all(each.is_release for each in chosen):
        raise AskedError(
            "--confirm goes with releases; `mlx-asv confirm BENCHMARK BEFORE AFTER` takes two "
            "of these as well."
        )
    revisions = install(context, chosen, options.reference)
    asked = (*chosen, revisions.reference)
    listing = suite.listing(
        revisions.of_reference, options.patterns, save=all(each.is_release for each in asked)
    )
    plan = SweepPlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        releases=revisions.labels,
        reference=revisions.reference.label,
        cases=tuple(comparable(listing.selected(options.backends), context.controls)),
        replicates=options.replicates,
        target=options.target,
        longest=options.longest,
        contents=revisions.contents,
    )
    return Planned(plan, revisions, listing)


def measure(
    context: Context,
    planned: Planned,
    running: Running,
    *,
    budget: float,
    most: int = MOST_REPLICATES,
) -> Path:
    """Run the sweep, or the rest of it; returns the path for its observations.

    `budget`: seconds. `most`: replicates that an arm gets at most.
    """
    plan = planned.plan
    with opened(
        context,
        plan,
        running=running,
        environs=planned.revisions.environs,
        replicates=plan.replicates,
    ) as session:
        say(
            context.console,
            f"{len(plan.cases)} cases, {len(plan.releases)} releases, reference {plan.reference}, "
            f"{limit(budget)}, on {plan.machine}",
        )
        session.run(
            Narrow(
                plan=plan,
                begun=session.begun,
                controls=context.controls,
                loaders=context.loaders,
                budget=budget,
                most=most,
            )
        )
    return planned.revisions.folder(context) / f"{session.begun.id}.parquet"


def write_results(context: Context, listing: Listing) -> None:
    """Write asv's results, from all observations of this machine."""
    levels = life_levels(read_machine(context.results, context.machine), TIME)
    here = levels.filter(pl.col("environment") == context.environment)
    table = series(here, confidence=0.99).filter(pl.col("role") != "twin")
    write_series(context.suite, listing, dict(context.description), table)
