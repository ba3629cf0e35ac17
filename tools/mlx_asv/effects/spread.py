"""How much one life of an arm differs from its next, beside the other arms of its case.

What hits all processes of a replicate is none of an arm's: it is taken out, as the blocks are
inside a life (`polish`), with replicates for blocks.
"""

from itertools import pairwise

import numpy as np
import polars as pl

from .combine import own_variance
from .lives import ARM, SUBJECT, starts
from .moderate import WINSOR, Priors, fit_priors, strata
from .polish import MAD_TO_SD, Floats, nanmedian, polish

#: The lives of one set of processes; another group of a replicate is another set.
LIVES = ("sweep", "replicate", "group")


def life_priors(levels: pl.DataFrame) -> Priors:
    """What the variance of one life is before an arm's own lives are seen.

    `levels` is what `life_levels` gives. The difference of two lives varies twice as much.
    """
    arms, variance, df = life_variances(levels)
    return fit_priors(variance, df, strata_of(arms))


def strata_of(series: pl.DataFrame) -> list[tuple[tuple[object, ...], ...]]:
    """Of rows with SUBJECT, `backend` and `value`."""
    metric, backend = series["metric"].to_list(), series["backend"].to_list()
    return strata(series.select(SUBJECT).rows(), metric, backend, series["value"].to_numpy())


def life_variances(levels: pl.DataFrame) -> tuple[pl.DataFrame, Floats, Floats]:
    """The arms (SUBJECT, ARM, `value`) and, of each, the variance of its lives and its df.

    0 on 0 df for an arm with one life, or without another beside it.
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
    """Levels (lives, arms) without what the arms of a set share; NaN where an arm was alone.

    That is the mean of their residuals, which leaves each normal one its chi-square; medians would
    leave most of the spread to a few arms. Giants are pulled in first: they are no others' spread.
    With k arms a deviation from their mean has (k - 1) / k of the variance.
    """
    residuals = polish(table).residuals
    reach = WINSOR * MAD_TO_SD * nanmedian(np.abs(residuals).ravel(), axis=0)
    present = ~np.isnan(residuals)
    count = np.maximum(np.count_nonzero(present, axis=1), 1)[:, None]
    shared = np.where(present, residuals.clip(-reach, reach), 0).sum(axis=1, keepdims=True) / count
    beside: Floats = (residuals - shared) / np.sqrt(np.maximum(count - 1, 1) / count)
    return beside
