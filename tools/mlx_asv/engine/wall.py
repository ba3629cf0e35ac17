"""The wall time of observations."""

import polars as pl


def wall_seconds(observations: pl.DataFrame) -> float:
    """The wall seconds of all block sets together; to start their processes is included."""
    sets = ["sweep", "benchmark", "case", "replicate", "group"]
    return float(observations.group_by(sets).agg(pl.col("life").first())["life"].sum())
