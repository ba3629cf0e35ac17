"""A/A: how far a release is from itself, of every case, and by the size of what was measured."""

from collections.abc import Callable, Sequence

import polars as pl

from mlx_asv.effects.lives import SUBJECT
from mlx_asv.metric import Metric, Scale

#: What identifies a case on a backend, in one environment of one machine.
CASE = ("benchmark", "case", "backend")
#: What identifies two arms that are the same.
EQUAL = (*SUBJECT, "backend", "release")
#: A reference's second arm against itself: of these effects the truth is 0. `value`: that of the
#: reference.
TWINS = pl.Schema(
    {
        **dict.fromkeys(CASE, pl.String()),
        **dict.fromkeys(("value", "effect", "low", "high"), pl.Float64()),
    }
)
#: Of the twins of one class of sizes: how many pairs there are, and of the effects, without their
#: signs, median, 95th percentile and largest.
SIZES = pl.Schema(
    {
        "size": pl.String(),
        "pairs": pl.UInt32(),
        **dict.fromkeys(("median", "most", "largest"), pl.Float64()),
    }
)


def twins(series: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """The twin against the reference, whose calibrated value is the anchor, exactly: TWINS.

    `series`: SERIES of the metric.
    """
    reference = series.filter(pl.col("role") == "reference").select(
        *EQUAL, pl.col("value").alias("anchor")
    )
    value, low, high = (
        (pl.col(name) / pl.col("anchor")).log()
        if metric.scale is Scale.LOG
        else pl.col(name) - pl.col("anchor")
        for name in ("value", "low", "high")
    )
    return (
        series.filter(pl.col("role") == "twin")
        .join(reference, on=EQUAL)
        .with_columns(value="anchor", effect=value, low=low, high=high)
        .select(pl.col(name).cast(kind) for name, kind in TWINS.items())
    )


def by_size(twins: pl.DataFrame, metric: Metric, text: Callable[[float], str]) -> pl.DataFrame:
    """How far twins (TWINS) are from their references, by the size of what was measured: SIZES,
    smallest first.

    A class of sizes is what the metric writes in one unit. `text`: writes a value of the metric.
    """
    known = twins.filter(pl.col("effect").is_finite(), pl.col("value").is_finite())
    edges = sorted(size for _, size in metric.units)[1:]
    # A number for each row, none of no rows, where a metric has one class alone: no literal.
    none = pl.col("value").is_nan().cast(pl.Int32)
    reached = pl.sum_horizontal(none, *(pl.col("value") >= edge for edge in edges))
    off = pl.col("effect").abs()
    found = (
        known.group_by(reached.alias("class"))
        .agg(
            pl.len().alias("pairs"),
            off.median().alias("median"),
            off.quantile(0.95, "higher").alias("most"),
            off.max().alias("largest"),
        )
        .sort("class")
    )
    names = [_between(edges, number, text) for number in found["class"]]
    return found.with_columns(pl.Series("size", names, pl.String())).select(
        pl.col(name).cast(kind) for name, kind in SIZES.items()
    )


def _between(edges: Sequence[float], number: int, text: Callable[[float], str]) -> str:
    """``1 ms to 1 s``: the class of sizes that has so many edges below it."""
    if not edges:
        return "any"
    if number == 0:
        return f"under {text(edges[0])}"
    end = f"to {text(edges[number])}" if number < len(edges) else "or more"
    return f"{text(edges[number - 1])} {end}"
