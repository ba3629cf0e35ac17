"""Counts of the cases and releases of a plan, for whoever wants to know."""

from collections.abc import Mapping

from mlx_asv.engine.context import Context
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.progress import OnceDisplay, limit
from mlx_asv.engine.session import Counting, opened
from mlx_asv.measurement.counting import CALL_LIMIT
from mlx_asv.observations.store import Running
from mlx_asv.terminal import say

from .plan import CountPlan
from .policy import CountAll


def measure(
    context: Context,
    plan: CountPlan,
    *,
    counting: Counting,
    running: Running,
    environs: Mapping[str, Mapping[str, str]],
    budget: float,
) -> Begun:
    """Count what `plan` says, or the rest of it; the counts are in `running` then.

    `environs`: release -> environment variables of its processes. `budget`: seconds; the cases that
    it does not reach are said.
    """
    console = context.console
    with (
        OnceDisplay(console, "counts") as watcher,
        opened(
            context,
            plan,
            running=running,
            environs=_of_looks(environs, plan.longest),
            replicates=1,
            watcher=watcher,
            counting=counting,
        ) as session,
    ):
        say(
            console,
            f"{len(plan.cases)} cases, {', '.join(plan.releases[-3:])}"
            f"{' and earlier ones' if len(plan.releases) > 3 else ''}, {counting.jobs} at a time, "
            f"by {counting.engine.name}, {limit(budget)}, on {plan.machine}",
        )
        policy = CountAll(
            plan=plan,
            controls=context.controls,
            jobs_at_once=counting.jobs,
            memory=session.begun.memory,
            budget=budget,
        )
        session.run(policy)
    return session.begun


def _of_looks(
    environs: Mapping[str, Mapping[str, str]], longest: float
) -> dict[str, Mapping[str, str]]:
    """The variables of the processes that look at a case: a benchmark that skips calls of more than
    `longest` seconds need not make much longer ones to find out."""
    return {label: {**environ, CALL_LIMIT: f"{longest:g}"} for label, environ in environs.items()}
