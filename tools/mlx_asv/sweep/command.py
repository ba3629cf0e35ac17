"""`mlx-asv sweep`: from a range and a selection to observations and asv's results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import polars as pl

from mlx_asv.asv_edge.series_results import write_series
from mlx_asv.asv_edge.suite import SuiteError
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.engine.context import Context
from mlx_asv.engine.exclusive import exclusive
from mlx_asv.engine.progress import duration
from mlx_asv.engine.selection import comparable, install_all, one_release
from mlx_asv.engine.session import opened
from mlx_asv.engine.stop import stoppable
from mlx_asv.metric import TIME
from mlx_asv.observations.store import Running, directory, read_machine
from mlx_asv.terminal import say

from .narrow import Narrow
from .plan import SweepPlan
from .summary import print_summary


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    range: str
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


def sweep(options: Options, context: Context) -> Path:
    """Measure, or go on measuring; the file of observations.

    Raises ERRORS.
    """
    with exclusive(f"`{context.command}`", context.checkout), stoppable() as begin:
        plan, environs = planned(options, context)
        running = begin(Running(context.state / "sweeps" / plan.key))
        target = measure(options, context, plan=plan, environs=environs, running=running)
        observations = running.merge(target)
        write_results(context)
    running.clear()
    print_summary(observations, options.target, context.console)
    results = context.results / context.machine
    say(
        context.console,
        f"Observations: {context.shown(target)}\n"
        f"asv's results: {context.shown(results)} (`asv publish`, `asv compare A B`)",
    )
    return target


def planned(options: Options, context: Context) -> tuple[SweepPlan, dict[str, dict[str, str]]]:
    """What is going to be measured, with the environment of each release's processes."""
    suite = context.suite
    chosen = suite.releases(options.range)
    reference = choose_reference(context, chosen, options.reference)
    wanted = [tag for tag in suite.order() if tag in {*chosen, reference}]
    environs = install_all(suite, wanted, reference, context.console)
    cases = comparable(suite.cases(reference, options.patterns, options.backends), context.controls)
    plan = SweepPlan(
        machine=context.machine,
        environment=context.environment,
        conditions=context.conditions,
        releases=tuple(environs),
        reference=reference,
        cases=tuple(cases),
        replicates=options.replicates,
        target=options.target,
        longest=options.longest,
    )
    return plan, environs


def measure(
    options: Options,
    context: Context,
    *,
    plan: SweepPlan,
    environs: Mapping[str, Mapping[str, str]],
    running: Running,
) -> Path:
    """Run the sweep, or what is left of it; where its observations belong."""
    with opened(
        context, plan, running=running, environs=environs, replicates=options.replicates
    ) as session:
        say(
            context.console,
            f"{len(plan.cases)} cases, {len(environs)} releases, reference {plan.reference}, "
            f"budget {duration(options.budget)}, on {plan.machine}",
        )
        session.run(
            Narrow(
                plan=plan,
                begun=session.begun,
                controls=context.controls,
                loaders=context.loaders,
                budget=options.budget,
            )
        )
    return directory(context.results, plan.machine) / f"{session.begun.id}.parquet"


def choose_reference(context: Context, chosen: Sequence[str], asked: str | None) -> str:
    """The release that every sweep of this machine shares: the first sweep's, for ever.

    A series continues an earlier one through it, so another cannot be asked for later.
    """
    observed = read_machine(context.results, context.machine)
    stored = observed.filter(pl.col("role") == "reference")["release"].unique().to_list()
    if asked is not None:
        asked = one_release(context.suite, asked, "--reference")
    if stored and asked not in (None, stored[0]):
        raise SuiteError(
            f"The reference of {context.machine} is {stored[0]}: its earlier sweeps line up with "
            "later ones through it. Leave out --reference, or use another --machine name."
        )
    return str(stored[0]) if stored else asked or chosen[-1]


def write_results(context: Context) -> None:
    """Write asv's results from all that was ever observed on this machine."""
    levels = life_levels(read_machine(context.results, context.machine), TIME)
    here = levels.filter(pl.col("environment") == context.environment)
    table = series(here, confidence=0.99).filter(pl.col("role") != "twin")
    write_series(context.suite, dict(context.description), table)
