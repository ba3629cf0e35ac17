"""How an arm compares with its reference, and any two arms with each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from mlx_asv.by_metric import of_metric

from .combine import combine, half_width
from .lives import ARM, SUBJECT
from .moderate import Priors
from .polish import Floats
from .spread import life_priors, strata_of

#: The columns that identify the arm that an arm is compared with.
REFERENCE = ("reference_backend", "reference_label")
#: The columns that identify one life of all processes, of all groups: the unit of statistics.
REPLICATE = ("sweep", "replicate")
#: The columns that identify two arms.
PAIR = ("before_backend", "before_label", "backend", "after_label")

ESTIMATE = {
    "effect": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "sd": pl.Float64(),
    "df": pl.Float64(),
    "replicates": pl.Int32(),
    "blocks": pl.Int32(),
}
EFFECTS = pl.Schema(
    {
        **{key: pl.String() for key in (*SUBJECT, *ARM, "release", "role", *REFERENCE)},
        **ESTIMATE,
        "value": pl.Float64(),
    }
)
CONTRASTS = pl.Schema(
    {
        **{key: pl.String() for key in (*SUBJECT, *PAIR)},
        **ESTIMATE,
        "paired": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class Pooled:
    """Levels of lives, and what all of them together say before any two arms are compared.

    `levels`: what `life_levels` returns. `effects`: EFFECTS. `priors`: of the variance of one life.
    """

    levels: pl.DataFrame
    effects: pl.DataFrame
    priors: Priors


def effects(levels: pl.DataFrame, confidence: float = 0.95) -> pl.DataFrame:
    """Every arm against its reference arm, over all replicates of all sweeps: EFFECTS, sorted.

    `levels`: what `life_levels` returns. The unit is the replicate of a sweep; an arm that lives in
    several groups of a replicate counts once, with the mean of the groups. An arm that was measured
    beside different reference arms is compared with the one that it shares most replicates with; of
    several, with the one that was measured last.

    `effect`, `low`, `high`: log ratio (a difference where the metric's scale is not log) and its
    interval, infinite where nothing is known of the spread. `sd`, `df`: moderated, from replicate
    to replicate. A reference arm's effect is 0, exactly. `replicates`, `blocks`: how many, in all.
    `value`: median raw value.
    """
    return pool(levels, confidence).effects


def contrasts(pooled: Pooled, pairs: pl.DataFrame, confidence: float = 0.95) -> pl.DataFrame:
    """The second arm of each pair against the first: CONTRASTS, sorted.

    `pairs` has the columns `backend`, `before_label` and `after_label`; where the arms may be of
    two backends, `before_backend`, too; and any columns of SUBJECT, to restrict the pairs to those
    subjects. `adjacent` makes such a frame.

    The unit is a replicate that has both arms. In a replicate whose arms lived in one group, the
    difference is that of their levels, and no reference is needed; if they lived in two groups, it
    is that of their log ratios to the same reference arm. If no replicate has both arms (`paired`
    is false), the difference is that of their effects, with both variances (Welch), provided that
    both have the same reference arm. A pair without any of this has no row.

    The difference is made of two lives, or of four across groups: `sd` is moderated towards two or
    four times the prior variance of one life.
    """
    if "before_backend" not in pairs.columns:
        pairs = pairs.with_columns(pl.col("backend").alias("before_backend"))
    given = [key for key in SUBJECT if key in pairs.columns]
    pairs = pairs.select(*given, *PAIR).unique()
    paired = _paired(*_sides(pooled.levels, pairs, given), pooled.priors, confidence)
    unpaired = _unpaired(*_sides(pooled.effects, pairs, given), confidence)
    rest = unpaired.join(paired, on=(*SUBJECT, *PAIR), how="anti")
    return pl.concat([paired, rest]).sort(*SUBJECT, *PAIR)


def adjacent(levels: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Pairs for `contrasts`: each label of `order` (oldest first) and the next one measured.

    Each subject and backend is looked at by itself: a label that it was not measured on is passed
    over.
    """
    positions = pl.DataFrame({"label": order}, {"label": pl.String}).with_row_index("position")
    return (
        levels.select(*SUBJECT, *ARM)
        .unique()
        .join(positions, on="label")
        .sort(*SUBJECT, "backend", "position")
        .with_columns(pl.col("label").shift().over(*SUBJECT, "backend").alias("before_label"))
        .filter(pl.col("before_label").is_not_null())
        .select(*SUBJECT, "backend", "before_label", pl.col("label").alias("after_label"))
    )


def pool(levels: pl.DataFrame, confidence: float = 0.95) -> Pooled:
    """Put all replicates of all sweeps together. An effect is the difference of two lives."""
    arm = (*SUBJECT, *ARM)
    units = (
        levels.sort(*arm, *REPLICATE, "group")
        .group_by(*arm, *REFERENCE, *REPLICATE, maintain_order=True)
        .agg(
            pl.col("release", "role").first(),
            pl.col("log_ratio").mean().alias("difference"),
            (pl.col("error") ** 2).mean().alias("square"),
            pl.col("value").median(),
            pl.col("blocks").sum(),
        )
    )
    compared = (
        units.group_by(*arm, *REFERENCE)
        .agg(pl.len().alias("count"), pl.col("sweep").max())
        .sort("count", "sweep", *REFERENCE)
        .unique(arm, keep="last", maintain_order=True)
    )
    series = (
        units.join(compared, on=(*arm, *REFERENCE), how="semi", maintain_order="left")
        .group_by(*arm, *REFERENCE, maintain_order=True)
        .agg(pl.col("release", "role").last(), *_pooled())
    )
    is_itself = pl.concat_list(ARM) == pl.concat_list(REFERENCE)
    priors = life_priors(levels)
    variance, df = priors.of(strata_of(series))
    combined = _combined(series, 2 * variance, df, confidence)
    exact = {"effect": 0.0, "low": 0.0, "high": 0.0, "sd": 0.0, "df": np.inf}
    found = combined.with_columns(
        pl.when(is_itself).then(value).otherwise(name).alias(name) for name, value in exact.items()
    )
    return Pooled(levels, _shaped(found, EFFECTS).sort(arm), priors)


def _sides(
    arms: pl.DataFrame, pairs: pl.DataFrame, given: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `arms` that are the second arm of a pair, and those that are the first."""
    second = arms.rename({"label": "after_label"})
    first = arms.rename({"backend": "before_backend", "label": "before_label"})
    return (
        second.join(pairs, on=[*given, "backend", "after_label"]),
        first.join(pairs, on=[*given, "before_backend", "before_label"]),
    )


def _paired(
    after: pl.DataFrame, before: pl.DataFrame, priors: Priors, confidence: float
) -> pl.DataFrame:
    """Contrasts of the arms that have a replicate in common."""
    keys = (*SUBJECT, *PAIR, *REPLICATE)

    def differences(where: Sequence[str], level: str, error: str, lives: int) -> pl.DataFrame:
        return after.join(before, on=(*keys, *where), suffix="_before").select(
            *keys,
            (pl.col(level) - pl.col(f"{level}_before")).alias("difference"),
            (pl.col(error) ** 2 + pl.col(f"{error}_before") ** 2).alias("square"),
            "value",
            pl.min_horizontal("blocks", "blocks_before").alias("blocks"),
            pl.lit(lives).alias("lives"),
        )

    together = differences(["group"], "level", "level_error", 2)
    apart = differences(REFERENCE, "log_ratio", "error", 4).join(together, on=keys, how="anti")
    series = (
        pl.concat([together, apart])
        .group_by(keys)
        .agg(pl.col("difference", "square", "value", "lives").mean(), pl.col("blocks").sum())
        .sort(keys)
        .group_by(*SUBJECT, *PAIR, maintain_order=True)
        .agg(*_pooled(), pl.col("lives").mean())
    )
    variance, df = priors.of(strata_of(series))
    found = _combined(series, variance * series["lives"].to_numpy(), df, confidence)
    return _shaped(found.with_columns(paired=True), CONTRASTS)


def _unpaired(after: pl.DataFrame, before: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Differences of effects on the same reference arm, with Welch's interval."""
    both = after.join(before, on=(*SUBJECT, *PAIR, *REFERENCE), suffix="_before")
    ends = ("", "_before")
    variances = [pl.col(f"sd{end}") ** 2 / pl.col(f"replicates{end}") for end in ends]
    welch = sum(v**2 / pl.col(f"df{end}") for v, end in zip(variances, ends, strict=True))
    both = both.with_columns(
        pl.col("effect") - pl.col("effect_before"),
        pl.sum_horizontal(variances).alias("variance"),
        (pl.col("sd") ** 2 + pl.col("sd_before") ** 2).sqrt().alias("sd"),
        pl.min_horizontal("replicates", "replicates_before").alias("replicates"),
        pl.min_horizontal("blocks", "blocks_before").alias("blocks"),
        pl.when(pl.sum_horizontal(variances).is_finite())
        .then(pl.sum_horizontal(variances) ** 2 / welch)
        .otherwise(0.0)
        .alias("df"),
        paired=False,
    )
    half = half_width(both["variance"].sqrt().to_numpy(), both["df"].to_numpy(), confidence)
    low, high = pl.col("effect") - pl.Series(half), pl.col("effect") + pl.Series(half)
    return _shaped(both.with_columns(low=low, high=high), CONTRASTS)


def _pooled() -> list[pl.Expr]:
    """The columns of a series, from the rows of its replicates."""
    return [
        pl.col("difference"),
        pl.col("square").mean().sqrt().alias("error"),
        pl.col("value").median(),
        pl.len().alias("replicates"),
        pl.col("blocks").sum(),
    ]


def _combined(
    series: pl.DataFrame, prior_variance: Floats, prior_df: Floats, confidence: float
) -> pl.DataFrame:
    """`series` with its estimates."""
    error = series["error"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    floor = series.select(of_metric(lambda each: each.floor)).to_series().to_numpy()
    found = combine(
        _table(series["difference"]), prior_variance, prior_df, floor, error, confidence
    )
    columns = {
        "effect": found.mean,
        "low": found.low,
        "high": found.high,
        "sd": found.sd,
        "df": found.df,
    }
    return series.with_columns(pl.Series(name, values) for name, values in columns.items())


def _table(lists: pl.Series) -> Floats:
    """Lists of different lengths as rows, filled up with NaN."""
    lengths = lists.list.len().to_numpy()
    table = np.full((len(lists), lengths.max(initial=0)), np.nan)
    table[np.arange(table.shape[1]) < lengths[:, None]] = lists.explode().to_numpy()
    return table


def _shaped(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
