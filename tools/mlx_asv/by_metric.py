"""Expressions on frames with a column `metric`: what the metric of each row says."""

from collections.abc import Callable, Mapping

import polars as pl

from .metric import METRICS, Metric, Scale


def of_metric(of: Callable[[Metric], object]) -> pl.Expr:
    """What the metric of each row says, by the column `metric`."""
    found: Mapping[str, object] = {name: of(each) for name, each in METRICS.items()}
    return pl.col("metric").replace_strict(found)


def is_log() -> pl.Expr:
    """Whether the metric of a row is compared by ratios."""
    return of_metric(lambda each: each.scale is Scale.LOG)


def levels(column: str) -> pl.Expr:
    """Values on the scale of their metric; the logarithm of what is compared by ratios."""
    return pl.when(is_log()).then(pl.col(column).log()).otherwise(pl.col(column)).alias(column)


def measurable(column: str) -> pl.Expr:
    """Whether values can be compared: finite, and positive where ratios are."""
    return pl.col(column).is_finite() & (~is_log() | (pl.col(column) > 0))
