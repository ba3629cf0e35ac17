"""How long it took to observe something."""

import polars as pl


def wall_seconds(observations: pl.DataFrame) -> float:
    """Wall seconds of all block sets, starting the processes included."""
    sets = ["sweep", "benchmark", "case", "replicate", "group"]
    return float(observations.group_by(sets).agg(pl.col("life").first())["life"].sum())
