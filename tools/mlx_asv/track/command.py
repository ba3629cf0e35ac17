"""`mlx-asv track`: from a range and a selection to observations of what benchmarks return."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlx_asv.analysis.cases import judged_as_called
from mlx_asv.asv_edge.listing import TRACKED
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.lost import merged
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.progress import OnceDisplay, limit
from mlx_asv.engine.revisions import Revisions, install
from mlx_asv.engine.selection import comparable
from mlx_asv.engine.session import opened
from mlx_asv.engine.stop import stoppable
from mlx_asv.facts import Facts
from mlx_asv.observations.store import Running
from mlx_asv.terminal import say
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.report import print_judgement
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.scope import Known

from .plan import TrackPlan
from .policy import REPLICATES, TrackAll
from .summary import print_summary


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    #: Words for revisions: releases and ranges of them, wheel files, or source trees.
    revisions: tuple[str, ...]
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    #: Processes at the same time.
    jobs: int
    #: Seconds.
    budget: float
    reference: str | None = None


@dataclass(frozen=True)
class Planned:
    """The plan, with the revisions installed."""

    plan: TrackPlan
    revisions: Revisions


def track(options: Options, context: Context) -> Path:
    """Track, or go on where an earlier command stopped; returns the file of observations.

    Values of releases belong to the results of this machine, those of wheel files and source trees
    lie apart. Raises ERRORS.
    """
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        planned = plan_of(options, context)
        running = begin(Running(context.state / "tracks" / planned.plan.key))
        begun = measure(
            options,
            context,
            planned.plan,
            running=running,
            environs=planned.revisions.environs,
        )
        target = planned.revisions.folder(context) / f"{begun.id}.parquet"
        observations = merged(running, target, "tracked")
    running.clear()
    levels = life_levels(observations)
    print_summary(observations, levels, context.console)
    facts = Facts(Path(context.suite.directory))
    known = Known.of(observations, {}, facts.allowed)
    found = judge(levels, planned.plan.releases, Rule(), known=known)
    print_judgement(judged_as_called(found, observations), context.console)
    say(context.console, f"Observations: {context.shown(target)}")
    return target


def plan_of(options: Options, context: Context) -> Planned:
    """Make the plan, and install its revisions."""
    suite = context.suite
    revisions = install(context, suite.asker.several(options.revisions), options.reference)
    listing = suite.listing(revisions.of_reference, options.patterns, save=False, unnamed=True)
    if others := listing.of_no_metric():
        names = ", ".join(f"{name} ({count})" for name, count in others.items())
        say(context.console, f"Left out, of no metric: {names}")
    plan = TrackPlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        releases=revisions.labels,
        reference=revisions.reference.label,
        cases=tuple(comparable(listing.selected(options.backends, TRACKED), context.controls)),
        contents=revisions.contents,
    )
    return Planned(plan, revisions)


def measure(
    options: Options,
    context: Context,
    plan: TrackPlan,
    *,
    running: Running,
    environs: Mapping[str, Mapping[str, str]],
) -> Begun:
    """Track what `plan` says, or the rest of it; the values are in `running` then."""
    console = context.console
    with (
        OnceDisplay(console, "values") as watcher,
        opened(
            context,
            plan,
            running=running,
            environs=environs,
            replicates=REPLICATES,
            watcher=watcher,
            jobs=options.jobs,
        ) as session,
    ):
        say(
            console,
            f"{len(plan.cases)} cases, {len(plan.releases)} releases, reference {plan.reference}, "
            f"{options.jobs} processes at a time, {limit(options.budget)}, "
            f"on {plan.machine}",
        )
        policy = TrackAll(
            plan=plan,
            controls=context.controls,
            jobs_at_once=options.jobs,
            budget=options.budget,
        )
        session.run(policy)
    return session.begun
