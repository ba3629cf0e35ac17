"""Figures of all steps together: how many have an answer, how the two answers go together, and how
far equal releases are apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mlx_asv.axes import family_of
from mlx_asv.by_metric import levels
from mlx_asv.effects.lives import SUBJECT
from mlx_asv.metric import INSTRUCTIONS, METRICS, Metric, Scale
from mlx_asv.verdicts.answers import answered
from mlx_asv.verdicts.reading import ANSWERS

#: The largest steps that are named.
LARGEST = 10

#: One class of sizes of a metric, smallest first: what equal releases differ by, of so many pairs.
SPREADS = pl.Schema(
    {
        "metric": pl.String(),
        "size": pl.String(),
        "pairs": pl.UInt32(),
        **dict.fromkeys(("median", "most", "largest"), pl.Float64()),
    }
)


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
    """How far the reference's second arm is from the first, by the size of a call: SPREADS.

    A class of sizes is what the metric writes in one unit. `median`, `most` (the 95th percentile),
    `largest`: of the effects without their signs.
    """
    key = (*SUBJECT, "backend", "release")
    twins = series.filter(pl.col("role") == "twin", pl.col("value").is_finite())
    beside = series.filter(pl.col("role") == "reference")
    pairs = twins.join(beside.select(*key, pl.col("value").alias("first")), on=key).select(
        "metric", "first", (levels("value") - levels("first")).abs().alias("off")
    )
    found = [_by_size(pairs.filter(metric=metric.name), metric) for metric in METRICS.values()]
    return pl.concat([pl.DataFrame(schema=SPREADS), *found])


def _by_size(pairs: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    edges = sorted(size for _, size in metric.units)[1:] if metric.scale is Scale.LOG else []
    names = {number: _between(edges, number, metric) for number in range(len(edges) + 1)}
    reached = pl.sum_horizontal(pl.lit(0), *(pl.col("first") >= edge for edge in edges))
    off = pl.col("off")
    return (
        pairs.group_by(reached.alias("class"))
        .agg(
            pl.len().alias("pairs"),
            off.median().alias("median"),
            off.quantile(0.95, "higher").alias("most"),
            off.max().alias("largest"),
        )
        .sort("class")
        .with_columns(
            pl.lit(metric.name).alias("metric"),
            pl.col("class").replace_strict(names, return_dtype=pl.String).alias("size"),
        )
        .select(pl.col(name).cast(kind) for name, kind in SPREADS.items())
    )


def _between(edges: Sequence[float], number: int, metric: Metric) -> str:
    """``1 ms to 1 s``: the class of sizes that has so many edges below it."""
    if not edges:
        return "any"
    if number == 0:
        return f"under {metric.text(edges[0])}"
    if number == len(edges):
        return f"{metric.text(edges[-1])} or more"
    return f"{metric.text(edges[number - 1])} to {metric.text(edges[number])}"
