"""The decision rule: docs/verdicts.md says it in prose, in the same order."""

from dataclasses import dataclass, replace
from enum import StrEnum

import polars as pl

from mlx_asv.metric import TIME, Metric

from .verdict import Verdict


class Doubt(StrEnum):
    """Why a comparison is inconclusive: the first that applies."""

    UNCONNECTED = "no common reference"
    MACHINE = "machine"
    ONE_REPLICATE = "one replicate"
    SPREAD = "too near the spread of equal releases"
    MANY_COMPARISONS = "could be chance among so many"
    WIDE = "interval too wide"
    NEAR = "near the threshold"


@dataclass(frozen=True)
class Rule:
    """The conditions of a change of a metric.

    `chosen`: a threshold, a log ratio, in place of the metric's own; `only`: of this metric alone.
    `false_discoveries`: of all comparisons that are called changed, the part that may be wrong.
    `replicates`: the fewest of each release.
    """

    chosen: float | None = None
    false_discoveries: float = 0.05
    replicates: int = 2
    metric: Metric = TIME
    only: Metric | None = None

    @property
    def asked(self) -> float | None:
        """The threshold that was chosen for the rule's metric; None: none was."""
        return self.chosen if self.only in (None, self.metric) else None

    @property
    def threshold(self) -> float:
        """The smallest change that matters, a difference on the metric's scale."""
        return self.metric.matters_from(self.asked)

    @property
    def spreads(self) -> float:
        """How many times the spread of equal releases a change is, at least; 0 where that does not
        matter."""
        return self.metric.spreads

    def of(self, metric: Metric) -> "Rule":
        """This rule for another metric."""
        return replace(self, metric=metric)


def decide(comparisons: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """`comparisons`, all of the rule's metric, with `verdict` and `reason`.

    `reason`: why a verdict is inconclusive; null for other verdicts. Needs `effect` (null if
    nothing connects the two releases), `low`, `high`, `q`, `replicates` (of the release that has
    fewer), `spread` (of equal releases), `crosses` (it takes the value over its limit, or back),
    `control_low` and `control_high` (null if no control
    tells).
    """
    effect, low, high = pl.col("effect"), pl.col("low"), pl.col("high")
    control_low, control_high = pl.col("control_low"), pl.col("control_high")

    large = (effect.abs() > rule.threshold) | pl.col("crosses")
    clear_of_zero = (low > 0) | (high < 0)
    no_chance_find = pl.col("q") <= rule.false_discoveries
    repeated = pl.col("replicates") >= rule.replicates
    beyond_spread = effect.abs() / pl.col("spread") >= rule.spreads
    changed = large & clear_of_zero & no_chance_find & repeated & beyond_spread

    # The control has no new release: if it moved as far, the machine did.
    control_moved_as_much = (
        pl.when(effect > 0)
        .then((control_low > 0) & (control_high >= effect))
        .otherwise((control_high < 0) & (control_low <= effect))
        .fill_null(False)
    )
    within = (low >= -rule.threshold) & (high <= rule.threshold) & ~pl.col("crosses")

    inconclusive = pl.lit(Verdict.INCONCLUSIVE.value)
    verdict = (
        pl.when(changed & control_moved_as_much)
        .then(inconclusive)
        .when(changed & (effect * rule.metric.sign > 0))
        .then(pl.lit(rule.metric.worse))
        .when(changed)
        .then(pl.lit(rule.metric.better))
        .when(within)
        .then(pl.lit(Verdict.SAME.value))
        .otherwise(inconclusive)
    )
    reason = (
        pl.when(effect.is_null())
        .then(pl.lit(Doubt.UNCONNECTED.value))
        .when(changed)
        .then(pl.lit(Doubt.MACHINE.value))
        .when(~repeated)
        .then(pl.lit(Doubt.ONE_REPLICATE.value))
        .when(large & clear_of_zero & ~beyond_spread)
        .then(pl.lit(Doubt.SPREAD.value))
        .when(large & clear_of_zero)
        .then(pl.lit(Doubt.MANY_COMPARISONS.value))
        .when(high - low > 2 * rule.threshold)
        .then(pl.lit(Doubt.WIDE.value))
        .otherwise(pl.lit(Doubt.NEAR.value))
    )
    return comparisons.with_columns(verdict=verdict).with_columns(
        reason=pl.when(pl.col("verdict") == Verdict.INCONCLUSIVE.value).then(reason)
    )
