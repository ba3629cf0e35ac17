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

#: The columns of a series, which is followed over the releases. Another version of a benchmark is
#: another series.
SERIES = (*SUBJECT, "backend")
#: The columns of a release against an earlier one, in a series.
PAIR = (*SERIES, "before", "after")

STEP, BEST = "step", "best"

COMPARISONS = pl.Schema(
    {
        **{key: pl.String() for key in PAIR},
        "comparison": pl.String(),
        "choices": pl.Int32(),
        **{key: pl.Float64() for key in ("effect", "low", "high", "error", "df", "spread")},
        "replicates": pl.Int32(),
        "blocks": pl.Int32(),
        "paired": pl.Boolean(),
    }
)


def comparisons(pooled: Pooled, order: Sequence[str]) -> pl.DataFrame:
    """All comparisons that get a verdict: COMPARISONS, by series and release.

    `order`: labels of releases, oldest first; releases that it lacks are left out.
    `effect`, `low`, `high`: log(after / before), or after less before where the metric's scale is
    not log, and its 95 % interval; infinite where nothing is known of the spread, and no effect
    (null) where nothing connects the two releases. `error`: the standard error, on `df`.
    `spread`: what equal releases differ by in a replicate: the standard deviation of the two
    releases' differences, or how far the reference's twin is from it, if that is more.
    `replicates`: how many have both releases; if none has (`paired` is false), the number of the
    release that has fewer. `choices`: the number of earlier releases among which `before` was the
    best; 1 for a step.
    """
    found = pl.concat([steps(pooled, order), best_so_far(pooled, order)])
    beside = found.join(_twins(pooled.effects), on=SERIES, how="left", maintain_order="left")
    known = beside.with_columns(pl.max_horizontal("spread", "twin").alias("spread")).drop("twin")
    return in_order(known, order, *SERIES, pl.col("comparison") == BEST)


def _twins(effects: pl.DataFrame) -> pl.DataFrame:
    """How far the reference's twins are from it, at most: SERIES, `twin`. A difference between
    equal releases that all replicates share is not in what replicates differ by."""
    twins = effects.filter(pl.col("role") == "twin")
    return twins.group_by(SERIES).agg(pl.col("effect").abs().max().alias("twin"))


def steps(pooled: Pooled, order: Sequence[str]) -> pl.DataFrame:
    """Each release against the one measured before it in the same series: COMPARISONS."""
    found = compared(pooled, adjacent(_of_releases(pooled.levels), order))
    return _shaped(found.with_columns(pl.lit(STEP).alias("comparison"), pl.lit(1).alias("choices")))


def best_so_far(pooled: Pooled, order: Sequence[str]) -> pl.DataFrame:
    """The latest release of each series against the best before it: COMPARISONS.

    The best (of times the fastest) is found by looking at all, and the one that looks best was
    partly lucky. The interval allows for that choice (Bonferroni): the intervals of all choices
    would hold at once.
    """
    positioned = _positioned(_of_releases(pooled.levels), order)
    latest = positioned.filter(pl.col("position") == pl.col("position").max().over(SERIES))
    earlier = positioned.join(
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
        # A release whose spread is unknown is chosen only if there is no other.
        .sort(*SERIES, "known", "worsening", "before", maintain_order=True)
        .unique(SERIES, keep="last", maintain_order=True)
    )
    error, df = found["error"].to_numpy(), found["df"].to_numpy()
    half = pl.Series(np.where(df > 0, quantile(upper(found["choices"].to_numpy()), df), 1) * error)
    return _shaped(found.with_columns(low=pl.col("effect") - half, high=pl.col("effect") + half))


def compared(pooled: Pooled, pairs: pl.DataFrame) -> pl.DataFrame:
    """`contrasts` of pairs (SERIES, `before_label`, `after_label`), which are called `before` and
    `after` in the result, with the standard error `error`;
    their `sd` is the `spread`.

    Two releases that never met, and never beside the same reference arm, have a row, too: without
    an effect and with 0 replicates.
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
    error = pl.Series("error", standard_error(low, high, df), pl.Float64())
    return found.rename({"sd": "spread"}).with_columns(error)


def later(levels: pl.DataFrame, regressions: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Pairs for `compared`: the release before each regression, with each release after it.

    `position`: of the later release in the order.
    """
    positions = _positions(order)
    return (
        regressions.select(PAIR)
        .join(positions.rename({"label": "after", "position": "since"}), on="after")
        .join(_positioned(_of_releases(levels), order), on=SERIES)
        .filter(pl.col("position") > pl.col("since"))
        .select(
            *SERIES,
            pl.col("before").alias("before_label"),
            pl.col("label").alias("after_label"),
            "position",
        )
    )


def in_order(frame: pl.DataFrame, order: Sequence[str], *first: str | pl.Expr) -> pl.DataFrame:
    """`frame` sorted by `first`, then by the position of the release `after`."""
    positions = _positions(order).rename({"label": "after"})
    return frame.join(positions, on="after").sort(*first, "position").drop("position")


def _of_releases(levels: pl.DataFrame) -> pl.DataFrame:
    """The arms that change with the release: neither a control nor the reference's twin."""
    return levels.filter(pl.col("role").is_in(["reference", "release"]))


def _positioned(levels: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The releases that each series has, with their positions in the order."""
    return levels.select(*SERIES, "label").unique().join(_positions(order), on="label")


def _positions(order: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"label": pl.Series(order, dtype=pl.String)}).with_row_index("position")


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in COMPARISONS.items())
