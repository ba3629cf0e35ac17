"""Figures of all steps together: how many have an answer, how the two answers go together, and how
far equal releases are apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mlx_asv.axes import family_of
from mlx_asv.metric import INSTRUCTIONS, METRICS, Metric
from mlx_asv.verdicts.answers import answered
from mlx_asv.verdicts.reading import ANSWERS

from .twins import SIZES, by_size, twins

#: The largest steps that are named.
LARGEST = 10

#: One class of sizes of a metric, smallest first: what equal releases differ by.
SPREADS = pl.Schema({"metric": pl.String(), **SIZES})


@dataclass(frozen=True)
class Agreement:
    """How the effects of instructions and of time on the same steps rank.

    `steps`: those whose change of time is confirmed, and that were counted. `correlation`:
    Spearman's, of their effects; None for fewer than three, or if either does not vary.
    """

    steps: int
    correlation: float | None


@dataclass(frozen=True)
class Figures:
    """`judged`: the metrics of ANSWERS that have a verdict on any step. `backends`, `families`: as
    `answered`, by `backend` and by `family`. `spreads`: SPREADS. `largest`: READINGS, the largest
    changes of instructions first."""

    judged: Sequence[Metric]
    backends: pl.DataFrame
    families: pl.DataFrame
    spreads: pl.DataFrame
    largest: pl.DataFrame
    agreement: Agreement


def figures(readings: pl.DataFrame, series: pl.DataFrame) -> Figures:
    """All of them, from READINGS and SERIES."""
    named = readings.with_columns(family_of("benchmark").alias("family"))
    return Figures(
        [each for each in ANSWERS if readings[f"{each.name}_verdict"].is_not_null().any()],
        answered(named, "backend"),
        answered(named, "family"),
        spreads(series),
        largest(readings),
        agreement(readings),
    )


def largest(readings: pl.DataFrame, most: int = LARGEST) -> pl.DataFrame:
    """The largest changes of instructions, largest first: READINGS."""
    changed = pl.col(f"{INSTRUCTIONS.name}_verdict").is_in(INSTRUCTIONS.changes)
    size = pl.col(f"{INSTRUCTIONS.name}_effect").abs()
    return readings.filter(changed).sort(size, descending=True, maintain_order=True).head(most)


def agreement(readings: pl.DataFrame) -> Agreement:
    """How the effects of the steps rank whose change of time fresh replicates have confirmed."""
    names = [f"{metric.name}_effect" for metric in ANSWERS]
    both = readings.filter("confirmed").select(names).drop_nulls()
    varies = both.height > 2 and all(both[name].n_unique() > 1 for name in names)
    found = both.select(pl.corr(*names, method="spearman")).item() if varies else None
    return Agreement(both.height, found)


def spreads(series: pl.DataFrame) -> pl.DataFrame:
    """How far the reference's second arm is from the first, by the size of a call: SPREADS."""
    found = [
        by_size(twins(series.filter(metric=metric.name), metric), metric, metric.text).select(
            pl.lit(metric.name).alias("metric"), pl.all()
        )
        for metric in METRICS.values()
    ]
    return pl.concat([pl.DataFrame(schema=SPREADS), *found])
