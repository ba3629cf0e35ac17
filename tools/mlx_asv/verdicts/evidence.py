"""What is known of a pair of releases on one case: pure functions on a frame of observations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import polars as pl

from mlx_asv.by_metric import levels as on_scale
from mlx_asv.effects.lives import LEVELS, life_levels
from mlx_asv.metric import TIME, Metric

from .sequential import FEWEST, Look, StoppingRule, look
from .verdict import Verdict

#: After this many replicates in succession in which an arm has failed, it is not tried again.
PATIENCE = 2


@dataclass(frozen=True)
class Finding:
    """What is known of a pair of releases on one case and backend.

    `decision`: None as long as there is none; with a `reason` there will be none.
    `change`: the later release against the earlier one. `twin`: the earlier release against itself,
    the A/A check, of which the truth is 0.
    `controls`: backend -> standard deviation, from replicate to replicate, of its values (of time:
    their logarithms): what the machine did meanwhile. NaN for fewer than two replicates.
    """

    decision: str | None
    change: Look
    twin: Look
    controls: Mapping[str, float]
    reason: str | None = None
    metric: Metric = TIME

    @property
    def settled(self) -> bool:
        """Whether another replicate would add nothing."""
        return self.decision is not None or self.reason is not None

    @property
    def decided(self) -> bool:
        """Whether the replicates have decided, and not the end of a budget or a failure."""
        return self.decision is not None and self.reason is None

    def ended(self, reason: str) -> "Finding":
        """This finding when no replicate will follow: inconclusive, if there are enough."""
        enough = self.change.replicates >= FEWEST
        return replace(self, decision=Verdict.INCONCLUSIVE if enough else None, reason=reason)


def finding(observations: pl.DataFrame, rule: StoppingRule) -> Finding:
    """The finding, by `rule`, from the observations (SCHEMA) of one case on one backend and of its
    controls.

    Values of other metrics than the rule's are passed over. If one of the releases is skipped, or
    keeps failing, the pair is settled without a decision.
    """
    return finding_of(life_levels(observations, rule.metric), observations, rule)


def finding_of(
    levels: pl.DataFrame | None, observations: pl.DataFrame, rule: StoppingRule
) -> Finding:
    """The finding where the LEVELS of the rule's metric are known already; None: there are none."""
    levels = pl.DataFrame(schema=LEVELS) if levels is None else levels
    change = look(_differences(levels, "release", ("reference", "twin")), rule)
    controls = (
        levels.filter(pl.col("role") == "control")
        .group_by("backend")
        .agg(on_scale("value").std().alias("sd"))
        .sort("backend")
    )
    return Finding(
        change.decision,
        change,
        look(_differences(levels, "twin", ("reference",)), rule),
        {name: nan if sd is None else sd for name, sd in controls.iter_rows()},
        None if change.decision else _given_up(observations),
        rule.metric,
    )


def _differences(levels: pl.DataFrame, role: str, against: Sequence[str]) -> list[float]:
    """The level of the arm of `role` less the mean level of the arms `against`, in each replicate
    that has the arm and the reference; in order of replicates.

    The earlier release lives twice, as the reference and as its twin. With the mean of both the
    variance of a difference is a quarter smaller, at no cost.
    """
    here = levels.filter(pl.col("role") == role).select("sweep", "replicate", "level")
    others = (
        levels.filter(pl.col("role").is_in(list(against)))
        .group_by("sweep", "replicate")
        .agg(pl.col("level").mean(), (pl.col("role") == "reference").any().alias("has_reference"))
        .filter("has_reference")
    )
    both = here.join(others, on=("sweep", "replicate"), suffix="_others")
    difference = pl.col("level") - pl.col("level_others")
    found: list[float] = both.sort("sweep", "replicate").select(difference).to_series().to_list()
    return found


def _given_up(observations: pl.DataFrame) -> str | None:
    """Why one of the releases is not tried again: it is skipped, or keeps failing; None: it is."""
    # A later confirmation tries again.
    pair = observations.filter(
        pl.col("role").is_in(["reference", "release"]), pl.col("sweep") == pl.col("sweep").max()
    )
    lost = pair.filter(pl.col("outcome") != "ok").sort("sweep", "replicate", "label")
    last = pair["replicate"].unique().sort().tail(PATIENCE).to_list()
    failing = len(last) == PATIENCE and set(last) <= set(lost["replicate"])
    for row in lost.reverse().iter_rows(named=True):
        if failing or row["outcome"] == "skipped":
            arm = f"{row['release']} {row['backend']}".strip()
            return f"{arm} {row['outcome']}: {row['reason']}"
    return None
