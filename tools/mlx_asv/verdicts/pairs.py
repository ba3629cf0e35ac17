"""Which releases are compared: each with the one before it, and the latest with the best."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np
import polars as pl

from mlx_asv.effects.changes import Pooled, adjacent, contrasts
from mlx_asv.effects.lives import SUBJECT

from .inference import CONFIDENCE, quantile, standard_error, upper
from .verdict import worsening

#: A row of comparisons or verdicts, by name of column.
Row = Mapping[str, Any]

#: What is followed over the releases. Another version of a benchmark is another series.
SERIES = (*SUBJECT, "backend")
#: A release against an earlier one.
PAIR = (*SERIES, "before", "after")

STEP, BEST = "step", "best"

COMPARISONS = pl.Schema(
    {
        **{key: pl.String() for key in PAIR},
        "comparison": pl.String(),
        "choices": pl.Int32(),
        **{key: pl.Float64() for key in ("effect", "low", "high", "error", "df")},
        "replicates": pl.Int32(),
        "blocks": pl.Int32(),
        "paired": pl.Boolean(),
    }
)


def comparisons(pooled: Pooled, order: Sequence[str]) -> pl.DataFrame:
    """All that gets a verdict: COMPARISONS, by series and release.

    `order`: labels of releases, oldest first; others are left out.
    `effect`, `low`, `high`: log(after / before), or after less before where the metric's scale is
    not log, and its 95 % interval; infinite where nothing is known of the spread, and no effect
    (null) where nothing connects the two. `error`: the standard error, on `df`. `replicates`: that
    have both, or the fewer of the two sides' where none has (`paired` is false). `choices`: among
    how many earlier releases `before` was picked for being the best; 1 for a step.
    """
    found = pl.concat([steps(pooled, order), best_so_far(pooled, order)])
    return in_order(found, order, *SERIES, pl.col("comparison") == BEST)


def steps(pooled: Pooled, order: Sequence[str]) -> pl.DataFrame:
    """Each release against the one measured before it in the same series: COMPARISONS."""
    found = compared(pooled, adjacent(_of_releases(pooled.levels), order))
    return _shaped(found.with_columns(pl.lit(STEP).alias("comparison"), pl.lit(1).alias("choices")))


def best_so_far(pooled: Pooled, order: Sequence[str]) -> pl.DataFrame:
    """The latest release of each series against the best before it: COMPARISONS.

    The best, of times the fastest, is found by looking, and whichever looks best was partly lucky.
    So the interval allows for having chosen among all (Bonferroni): each of them would hold at
    once.
    """
    placed = _placed(_of_releases(pooled.levels), order)
    latest = placed.filter(pl.col("place") == pl.col("place").max().over(SERIES))
    earlier = placed.join(
        latest.select(*SERIES, pl.col("label").alias("after_label")), on=SERIES
    ).filter(pl.col("label") != pl.col("after_label"))
    pairs = earlier.select(*SERIES, "after_label", pl.col("label").alias("before_label"))
    found = (
        compared(pooled, pairs)
        .with_columns(
            pl.lit(BEST).alias("comparison"),
            pl.col("effect").count().clip(1).over(SERIES).alias("choices"),
            pl.col("error").is_finite().alias("known"),
            worsening().alias("worsening"),
        )
        # One whose spread nobody knows is no candidate while there are others.
        .sort(*SERIES, "known", "worsening", "before", maintain_order=True)
        .unique(SERIES, keep="last", maintain_order=True)
    )
    error, df = found["error"].to_numpy(), found["df"].to_numpy()
    half = pl.Series(np.where(df > 0, quantile(upper(found["choices"].to_numpy()), df), 1) * error)
    return _shaped(found.with_columns(low=pl.col("effect") - half, high=pl.col("effect") + half))


def compared(pooled: Pooled, pairs: pl.DataFrame) -> pl.DataFrame:
    """`contrasts` of SERIES, `before_label` and `after_label`, as `before` and `after`.

    With the standard error `error`; and with a row of no effect and no replicates for two that
    never met and were never measured beside the same reference arm.
    """
    names = {"before_label": "before", "after_label": "after"}
    found = (
        pairs.select(*SERIES, *names)
        .unique()
        .join(contrasts(pooled, pairs, CONFIDENCE), on=(*SERIES, *names), how="left")
        .rename(names)
        .with_columns(
            pl.col("low").fill_null(-inf),
            pl.col("high").fill_null(inf),
            pl.col("df", "replicates", "blocks").fill_null(0),
            pl.col("paired").fill_null(False),
        )
        .sort(PAIR)
    )
    low, high, df = (found[name].to_numpy() for name in ("low", "high", "df"))
    return found.with_columns(pl.Series("error", standard_error(low, high, df), pl.Float64()))


def later(levels: pl.DataFrame, regressions: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Pairs for `compared`: `before` of each regression with each release later than its `after`.

    With the `place` of that release in the order.
    """
    places = _places(order)
    return (
        regressions.select(PAIR)
        .join(places.rename({"label": "after", "place": "since"}), on="after")
        .join(_placed(_of_releases(levels), order), on=SERIES)
        .filter(pl.col("place") > pl.col("since"))
        .select(
            *SERIES,
            pl.col("before").alias("before_label"),
            pl.col("label").alias("after_label"),
            "place",
        )
    )


def in_order(frame: pl.DataFrame, order: Sequence[str], *first: str | pl.Expr) -> pl.DataFrame:
    """`frame` sorted by `first`, then by the place of its release."""
    places = _places(order).rename({"label": "after"})
    return frame.join(places, on="after").sort(*first, "place").drop("place")


def _of_releases(levels: pl.DataFrame) -> pl.DataFrame:
    """The arms that change with the release: neither a control nor the reference's twin."""
    return levels.filter(pl.col("role").is_in(["reference", "release"]))


def _placed(levels: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The releases measured in each series, with their place in the order."""
    return levels.select(*SERIES, "label").unique().join(_places(order), on="label")


def _places(order: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"label": pl.Series(order, dtype=pl.String)}).with_row_index("place")


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in COMPARISONS.items())
