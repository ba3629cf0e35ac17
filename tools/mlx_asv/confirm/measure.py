"""A pair of releases measured until it is decided, for whoever wants to know."""

from collections.abc import Mapping

import polars as pl

from mlx_asv.engine.context import Context
from mlx_asv.engine.plan import Begun
from mlx_asv.engine.progress import limit
from mlx_asv.engine.session import opened
from mlx_asv.observations.store import Running, read
from mlx_asv.terminal import say
from mlx_asv.verdicts.sequential import FEWEST

from .decide import Decide
from .pair import Pair
from .plan import PairPlan


def measure(
    context: Context,
    plan: PairPlan,
    *,
    running: Running,
    environs: Mapping[str, Mapping[str, str]],
    budget: float,
    earlier: pl.DataFrame | None = None,
) -> tuple[Begun, Decide]:
    """Decide the pair of `plan`, or go on deciding, once it is said what is measured.

    `environs`: release -> environment variables of its processes. `budget`: seconds. `earlier`:
    the pair's observations of other confirmations. The policy that comes back has the findings.
    """
    with opened(context, plan, running=running, environs=environs, replicates=FEWEST) as session:
        say(
            context.console,
            f"{len(plan.cases)} cases, {plan.after} against {plan.before}, "
            f"{limit(budget)}, on {plan.machine}",
        )
        pair = Pair(
            plan=plan,
            begun=session.begun,
            controls=context.controls,
            loaders=context.loaders,
            earlier=read([]) if earlier is None else earlier,
        )
        policy = Decide(pair=pair, budget=budget)
        session.run(policy)
    return session.begun, policy
