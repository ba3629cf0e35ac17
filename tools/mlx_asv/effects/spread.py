"""How much one life of an arm differs from the next life, compared with the other arms of its case.

A disturbance of all processes of a replicate says nothing about an arm. `polish` takes it off, as
it takes off the blocks inside a life: the replicates stand for blocks.
"""

from itertools import pairwise

import numpy as np
import polars as pl

from mlx_asv.by_metric import of_metric

from .combine import own_variance
from .lives import ARM, SUBJECT, starts
from .moderate import WINSOR, Priors, fit_priors, strata
from .polish import MAD_TO_SD, Floats, nanmedian, polish

#: The lives of one set of processes; another group of a replicate is another set.
LIVES = ("sweep", "replicate", "group")


def life_priors(levels: pl.DataFrame) -> Priors:
    """The variance that one life is expected to have, before an arm's own lives are seen.

    `levels`: what `life_levels` returns. The difference of two lives has twice the variance. Of a
    metric that repeats nothing is expected: an arm's own lives tell.
    """
    arms, variance, df = life_variances(levels.filter(~of_metric(lambda each: each.repeats)))
    return fit_priors(variance, df, strata_of(arms))


def strata_of(series: pl.DataFrame) -> list[tuple[tuple[object, ...], ...]]:
    """The strata of each row of a frame with SUBJECT, `backend` and `value`."""
    metric, backend = series["metric"].to_list(), series["backend"].to_list()
    return strata(series.select(SUBJECT).rows(), metric, backend, series["value"].to_numpy())


def life_variances(levels: pl.DataFrame) -> tuple[pl.DataFrame, Floats, Floats]:
    """The arms (SUBJECT, ARM, `value`), the variance of each arm's lives, and the df of that.

    An arm with one life, or without another arm beside it, has a variance of 0, on 0 df.
    """
    arms = (
        levels.group_by(*SUBJECT, *ARM)
        .agg(pl.col("value").median())
        .sort(*SUBJECT, *ARM)
        .with_row_index("arm")
    )
    lives = levels.select(*SUBJECT, *LIVES).unique().sort(*SUBJECT, *LIVES).with_row_index("life")
    cells = (
        levels.join(arms.select(*SUBJECT, *ARM, "arm"), on=(*SUBJECT, *ARM))
        .join(lives, on=(*SUBJECT, *LIVES))
        .select("arm", "life", pl.col("level").fill_null(np.nan))
        .sort("arm")
    )
    arm, life, level = (cells[name].to_numpy() for name in ("arm", "life", "level"))
    variance, df = np.zeros((2, len(arms)))
    for start, end in pairwise(starts(arms.select(pl.struct(SUBJECT).rle_id()).to_series())):
        inside = slice(*np.searchsorted(arm, [start, end]))
        rows, row = np.unique(life[inside], return_inverse=True)
        table = np.full((len(rows), end - start), np.nan)
        table[row, arm[inside] - start] = level[inside]
        variance[start:end], df[start:end] = own_variance(_beside_others(table).T)
    return arms, variance, df


def _beside_others(table: Floats) -> Floats:
    """Levels (lives, arms) without what all arms of a life share; NaN where an arm was alone.

    The mean of the residuals is shared: a deviation from a mean keeps its chi-square distribution,
    and medians would leave most of the spread to a few arms. Giant residuals are pulled in before
    the mean is taken, so that one arm's giant is not charged to the others. A deviation from the
    mean of k arms has (k - 1) / k of the variance, which is put right.
    """
    residuals = polish(table).residuals
    reach = WINSOR * MAD_TO_SD * nanmedian(np.abs(residuals).ravel(), axis=0)
    present = ~np.isnan(residuals)
    count = np.maximum(np.count_nonzero(present, axis=1), 1)[:, None]
    shared = np.where(present, residuals.clip(-reach, reach), 0).sum(axis=1, keepdims=True) / count
    beside: Floats = (residuals - shared) / np.sqrt(np.maximum(count - 1, 1) / count)
    return beside
