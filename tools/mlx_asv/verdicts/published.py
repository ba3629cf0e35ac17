"""Verdicts as they are published: what was measured again counts as measured again.

A slowdown that a sweep finds is a *candidate*. Where its pair was measured afresh, the size and the
verdict are those of the fresh replicates; if these do not show it, it is no regression.
"""

import polars as pl

from .fresh import FRESH
from .pairs import PAIR
from .verdict import is_better, is_change, is_worse

#: What a change is: found by a sweep, found again afresh, or not found again.
CANDIDATE, CONFIRMED, DISMISSED = "candidate", "confirmed", "dismissed"


def published(verdicts: pl.DataFrame) -> pl.DataFrame:
    """`verdicts` (VERDICTS, with the columns of FRESH or without), as they are shown.

    `verdict`, `effect`, `low`, `high`: those of the fresh replicates where there are any;
    `swept_effect`: the sweep's. `standing`: what a change is, see above; null where there is none.
    Where nothing is known of the spread, `low` and `high` are null.
    """
    missing = [name for name in FRESH if name not in (*PAIR, *verdicts.columns)]
    whole = verdicts.with_columns(pl.lit(None, FRESH[name]).alias(name) for name in missing)
    again = pl.col("confirmed").is_not_null()
    standing = (
        pl.when(~is_change())
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
    """Likewise, those that made something better."""
    return verdicts.filter(pl.col("comparison") == "step", is_better())
