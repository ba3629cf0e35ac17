"""What is said of a release by itself: flat or growing, within tolerance or over it.

Steps say what has changed; a limit says what is right. That of a metric is the same for all cases,
or each case has its own, which the suite says.
"""

import polars as pl

from mlx_asv.by_metric import of_metric
from mlx_asv.metric import METRICS

from .pairs import SERIES
from .scope import Known
from .verdict import Verdict

#: A release of a series: the verdict on its values, and why it is inconclusive; the limit `most`;
#: the median, the least and the largest of the values of its `replicates`.
ABSOLUTE = pl.Schema(
    {
        **{key: pl.String() for key in (*SERIES, "release", "verdict", "reason")},
        **{key: pl.Float64() for key in ("most", "value", "least", "largest")},
        "replicates": pl.Int32(),
    }
)

#: Why nothing is said of a release: the values of its replicates are on both sides of the limit,
#: or there are too few.
BOTH_SIDES, FEW = "values on both sides of the limit", "one replicate"


def absolute(levels: pl.DataFrame, known: Known, replicates: int) -> pl.DataFrame:
    """The verdict on each release of each series that has a limit: ABSOLUTE.

    `levels`: LEVELS. A value is over the limit if it is worse than that. The verdict is the
    metric's `beyond` if the values of all replicates are over the limit, `within` if none is, and
    else inconclusive; also of fewer than so many replicates.
    """
    own = levels.filter(pl.col("role").is_in(["reference", "release"])).join(
        _limits(levels, known), on=("metric", "benchmark", "case")
    )
    over = of_metric(lambda metric: metric.sign) * (pl.col("value") - pl.col("most")) > 0
    found = own.group_by(*SERIES, pl.col("label").alias("release")).agg(
        pl.col("most").first(),
        over.sum().alias("over"),
        pl.len().alias("replicates"),
        pl.col("value").min().alias("least"),
        pl.col("value").max().alias("largest"),
        pl.col("value").median(),
    )
    repeated, agree = pl.col("replicates") >= replicates, pl.col("over") == pl.col("replicates")
    verdict = (
        pl.when(repeated & agree)
        .then(of_metric(lambda metric: metric.limit and metric.limit.beyond))
        .when(repeated & (pl.col("over") == 0))
        .then(of_metric(lambda metric: metric.limit and metric.limit.within))
        .otherwise(pl.lit(Verdict.INCONCLUSIVE.value))
    )
    reason = pl.when(repeated).then(pl.lit(BOTH_SIDES)).otherwise(pl.lit(FEW))
    return (
        found.with_columns(verdict=verdict)
        .with_columns(reason=pl.when(verdict=Verdict.INCONCLUSIVE.value).then(reason))
        .select(pl.col(name).cast(kind) for name, kind in ABSOLUTE.items())
    )


def _limits(levels: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The limit of each case of each metric that has one."""
    cases = levels.select("metric", "benchmark", "case").unique()
    rows = []
    for name, benchmark, case in cases.iter_rows():
        if (limit := METRICS[name].limit) is None:
            continue
        most = known.allowed.get((benchmark, case)) if limit.most is None else limit.most
        if most is not None:
            rows.append((name, benchmark, case, most))
    schema = {**{key: pl.String() for key in cases.columns}, "most": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def latest(judged: pl.DataFrame) -> pl.DataFrame:
    """The latest release of each series (ABSOLUTE), with `since`: the first of the releases in
    succession that have its verdict."""
    runs = judged.with_columns(pl.col("verdict").rle_id().over(SERIES).alias("run"))
    last = runs.filter(pl.col("run") == pl.col("run").max().over(SERIES))
    return (
        last.group_by(SERIES, maintain_order=True)
        .agg(
            pl.col("release").first().alias("since"),
            pl.col(*(name for name in ABSOLUTE if name not in SERIES)).last(),
        )
        .select(*ABSOLUTE, "since")
    )


def with_crossing(pairs: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Pairs of releases (SERIES, `before`, `after`) with `crosses`: whether one of them is beyond
    the limit, and the other within. `judged`: ABSOLUTE."""
    sides = [
        judged.select(*SERIES, pl.col("release").alias(side), pl.col("verdict").alias(f"is_{side}"))
        for side in ("before", "after")
    ]
    before, after = pl.col("is_before"), pl.col("is_after")
    known = (before != Verdict.INCONCLUSIVE.value) & (after != Verdict.INCONCLUSIVE.value)
    return (
        pairs.join(sides[0], on=(*SERIES, "before"), how="left", maintain_order="left")
        .join(sides[1], on=(*SERIES, "after"), how="left", maintain_order="left")
        .with_columns((known & (before != after)).fill_null(False).alias("crosses"))
        .drop("is_before", "is_after")
    )
