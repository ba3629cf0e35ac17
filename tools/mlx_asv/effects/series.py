"""Continuity: seconds that line up though they were measured months apart."""

import polars as pl

from .changes import REFERENCE, REPLICATE, effects
from .lives import ARM, SUBJECT

SERIES = pl.Schema(
    {
        **{key: pl.String() for key in (*SUBJECT, *ARM, "release", "role")},
        "seconds": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "raw_seconds": pl.Float64(),
        "sweeps": pl.Int32(),
        "replicates": pl.Int32(),
    }
)


def series(levels: pl.DataFrame, confidence: float = 0.95) -> pl.DataFrame:
    """Calibrated seconds per call of every arm: SERIES, sorted.

    `seconds`, `low`, `high`: the anchor times exp(effect). The anchor is the median raw seconds
    of the reference arm in the first sweep that has it (ids of sweeps sort by time); later
    sweeps, on a machine grown faster or slower, add ratios to it and no times of their own. A
    bound is 0 or infinite where nothing is known of the spread.
    `raw_seconds`: the median of what the arm took. `sweeps`, `replicates`: how many have it.
    """
    found = effects(levels, confidence)
    compared = (*SUBJECT, *ARM, *REFERENCE)
    sweeps = levels.group_by(compared).agg(pl.col("sweep").n_unique().alias("sweeps"))
    anchored = found.join(anchors(levels), on=(*SUBJECT, *REFERENCE)).join(sweeps, on=compared)
    calibrated = [
        (pl.col("anchor") * pl.col(log).exp()).alias(name)
        for log, name in (("effect", "seconds"), ("low", "low"), ("high", "high"))
    ]
    return (
        anchored.with_columns(pl.col("seconds").alias("raw_seconds"))
        .with_columns(*calibrated)
        .select(pl.col(name).cast(kind) for name, kind in SERIES.items())
        .sort(*SUBJECT, *ARM)
    )


def anchors(levels: pl.DataFrame) -> pl.DataFrame:
    """Seconds of each reference arm in its first sweep, per SUBJECT and REFERENCE: `anchor`."""
    keys = (*SUBJECT, *REFERENCE)
    return (
        levels.filter(pl.col("sweep") == pl.col("sweep").min().over(keys))
        .group_by(*keys, *REPLICATE, "group")
        .agg(pl.col("reference_seconds").first())
        .group_by(keys)
        .agg(pl.col("reference_seconds").median().alias("anchor"))
    )
