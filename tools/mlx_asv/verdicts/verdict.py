"""The words of verdicts: those of the metric for a change, and two for all metrics."""

from enum import StrEnum

import polars as pl

from mlx_asv.by_metric import of_metric
from mlx_asv.metric import Metric


class Verdict(StrEnum):
    """Of one release against another, where it is no change. A change has its metric's word."""

    SAME = "same"
    INCONCLUSIVE = "inconclusive"


def words(metric: Metric) -> list[str]:
    """All verdicts that there are on a metric."""
    return [*metric.changes, *Verdict]


def is_worse(column: str = "verdict") -> pl.Expr:
    """Whether a verdict is a change for the worse, of the row's `metric`."""
    return pl.col(column) == of_metric(lambda metric: metric.worse)


def is_better(column: str = "verdict") -> pl.Expr:
    """Likewise, for the better."""
    return pl.col(column) == of_metric(lambda metric: metric.better)


def is_change(column: str = "verdict") -> pl.Expr:
    """Likewise, either of them."""
    return is_worse(column) | is_better(column)


def worsening(column: str = "effect") -> pl.Expr:
    """How much worse an effect is: more than 0 is worse, whichever direction that is."""
    return pl.col(column) * of_metric(lambda metric: metric.sign)
