"""Verdicts as they are shown: a pair that was measured again counts as it was measured then.

A slowdown that a sweep finds is a *candidate*. If its pair was measured afresh, the size and the
verdict are those of the fresh replicates; if they do not show a slowdown, there is no regression.
A change of what nothing disturbs is no candidate: it stands as it is.
"""

import polars as pl

from mlx_asv.by_metric import of_metric

from .fresh import FRESH
from .pairs import PAIR
from .verdict import is_better, is_change, is_worse

#: A change is found by a sweep alone, found again afresh, or not found again.
CANDIDATE, CONFIRMED, DISMISSED = "candidate", "confirmed", "dismissed"


def published(verdicts: pl.DataFrame) -> pl.DataFrame:
    """`verdicts` (VERDICTS, with the columns of FRESH or without), as they are shown.

    `verdict`, `effect`, `low`, `high`: of the fresh replicates where there are any. `swept_effect`:
    of the sweep. `standing`: CANDIDATE, CONFIRMED or DISMISSED; null where there is no change, and
    where it needs no confirmation and has none.
    `low` and `high` are null where nothing is known of the spread.
    """
    missing = [name for name in FRESH if name not in (*PAIR, *verdicts.columns)]
    whole = verdicts.with_columns(pl.lit(None, FRESH[name]).alias(name) for name in missing)
    again = pl.col("confirmed").is_not_null()
    standing = (
        pl.when(~is_change())
        .then(None)
        .when(~again & of_metric(lambda metric: metric.undisturbed))
        .then(None)
        .when(~again)
        .then(pl.lit(CANDIDATE))
        .when(pl.col("confirmed") == pl.col("verdict"))
        .then(pl.lit(CONFIRMED))
        .otherwise(pl.lit(DISMISSED))
    )
    bounds = [pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("low", "high")]
    return (
        whole.with_columns(standing.alias("standing"), pl.col("effect").alias("swept_effect"))
        .with_columns(
            pl.coalesce("confirmed", "verdict").alias("verdict"),
            *(
                pl.when(again).then(f"fresh_{name}").otherwise(name).alias(name)
                for name in ("effect", "low", "high")
            ),
        )
        .with_columns(bounds)
    )


def regressions(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The steps of `published` verdicts that made something worse, dismissed ones left out."""
    return verdicts.filter(pl.col("comparison") == "step", is_worse())


def slower_than_best(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The latest releases that are worse than the best before, and not accepted."""
    return verdicts.filter(pl.col("comparison") == "best", is_worse(), pl.col("state") == "open")


def improvements(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The steps of `published` verdicts that made something better, dismissed ones left out."""
    return verdicts.filter(pl.col("comparison") == "step", is_better())
