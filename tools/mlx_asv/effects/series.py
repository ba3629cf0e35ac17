"""Continuity: values that can be compared though they were measured months apart."""

import polars as pl

from mlx_asv.by_metric import is_log

from .changes import REFERENCE, REPLICATE, effects
from .lives import ARM, SUBJECT

SERIES = pl.Schema(
    {
        **{key: pl.String() for key in (*SUBJECT, *ARM, "release", "role")},
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "raw": pl.Float64(),
        "sweeps": pl.Int32(),
        "replicates": pl.Int32(),
    }
)


def series(levels: pl.DataFrame, confidence: float = 0.95) -> pl.DataFrame:
    """Calibrated values of every arm, such as seconds per call: SERIES, sorted.

    `value`, `low`, `high`: the anchor times exp(effect), or, where the metric's scale is not log,
    plus the effect. The anchor is the median raw value of the reference arm in the first sweep that
    measured it (ids of sweeps sort by time). Later sweeps, by when the machine may have become
    faster or slower, add ratios to the reference, and no values of their own. Where nothing is
    known of the spread a bound is infinite, or 0.
    `raw`: the median of the arm's own values. `sweeps`, `replicates`: how many measured the arm.
    """
    found = effects(levels, confidence)
    compared = (*SUBJECT, *ARM, *REFERENCE)
    sweeps = levels.group_by(compared).agg(pl.col("sweep").n_unique().alias("sweeps"))
    anchored = found.join(anchors(levels), on=(*SUBJECT, *REFERENCE)).join(sweeps, on=compared)
    calibrated = [
        pl.when(is_log())
        .then(pl.col("anchor") * pl.col(effect).exp())
        .otherwise(pl.col("anchor") + pl.col(effect))
        .alias(name)
        for effect, name in (("effect", "value"), ("low", "low"), ("high", "high"))
    ]
    return (
        anchored.with_columns(pl.col("value").alias("raw"))
        .with_columns(*calibrated)
        .select(pl.col(name).cast(kind) for name, kind in SERIES.items())
        .sort(*SUBJECT, *ARM)
    )


def anchors(levels: pl.DataFrame) -> pl.DataFrame:
    """The value of each reference arm in its first sweep, per SUBJECT and REFERENCE: `anchor`."""
    keys = (*SUBJECT, *REFERENCE)
    return (
        levels.filter(pl.col("sweep") == pl.col("sweep").min().over(keys))
        .group_by(*keys, *REPLICATE, "group")
        .agg(pl.col("reference_value").first())
        .group_by(keys)
        .agg(pl.col("reference_value").median().alias("anchor"))
    )
