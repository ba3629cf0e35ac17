"""What a confirmation is going to measure, fixed before it starts."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from mlx_asv.engine.plan import Plan
from mlx_asv.job import Case
from mlx_asv.verdicts.sequential import StoppingRule


@dataclass(frozen=True)
class PairPlan(Plan):
    """What a confirmation of a pair of releases is going to measure."""

    kind: ClassVar[str] = "-confirm"
    what: ClassVar[str] = "confirmation"
    parts: ClassVar[str] = "replicates"

    before: str
    after: str
    cases: tuple[Case, ...]
    #: What is undecided by one rule is not taken up by another.
    rule: StoppingRule
    #: Names of the overlays: a new build under an old label is another pair.
    contents: tuple[str, ...] = ()


def between(observations: pl.DataFrame, plan: PairPlan) -> pl.DataFrame:
    """Those of the block sets that measured the pair of `plan`, where it is measured now."""
    roles = {"reference": plan.before, "release": plan.after}
    here = observations.filter(environment=plan.environment)
    for role, release in roles.items():
        of_it = here.filter((pl.col("role") == role) & (pl.col("release") == release))
        here = here.join(of_it.select(_BLOCK_SET).unique(), on=_BLOCK_SET, how="semi")
    return here


#: Inside a machine and environment.
_BLOCK_SET = ("sweep", "benchmark", "version", "case", "replicate", "group")
