"""One row for each life of an arm: its level, and its log ratio to the reference beside it."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mlx_asv.by_metric import levels, measurable
from mlx_asv.metric import Metric

from .polish import Floats, contrasts, polish, standard_errors

#: The columns that say what is measured, and where: values of two subjects are never compared.
SUBJECT = ("machine", "environment", "benchmark", "version", "case", "metric")
#: The columns that identify the values of one metric in one block set.
BLOCK_SET = ("sweep", *SUBJECT, "replicate", "group")
#: The columns that identify an arm in a block set.
ARM = ("backend", "label")

LEVELS = pl.Schema(
    {
        "sweep": pl.String(),
        **{key: pl.String() for key in SUBJECT},
        "replicate": pl.Int32(),
        "group": pl.Int32(),
        "backend": pl.String(),
        "label": pl.String(),
        "release": pl.String(),
        "role": pl.String(),
        "blocks": pl.Int32(),
        "log_ratio": pl.Float64(),
        "error": pl.Float64(),
        "level": pl.Float64(),
        "level_error": pl.Float64(),
        "value": pl.Float64(),
        "reference_backend": pl.String(),
        "reference_label": pl.String(),
        "reference_value": pl.Float64(),
    }
)


def life_levels(observations: pl.DataFrame, metric: Metric | None = None) -> pl.DataFrame:
    """One row per (block set, metric, arm) that was measured beside a reference: LEVELS; sorted.

    `metric`: the only one of interest; None: all. Levels are on the metric's scale: logarithms, or
    values as they are.

    `blocks`: how many blocks the arm was measured in; 1 where a value is of a whole life.
    `log_ratio`: log(arm / reference arm), or arm less reference arm where the metric's scale is not
    log, with the disturbances of the blocks taken off; 0 for a reference.
    `error`: the standard error of `log_ratio` within this life; null if too few blocks tell.
    `level`: of the arm in a typical block; comparable with other arms of the same block set only.
    `level_error`: what the arm's own noise adds to the standard error of such a comparison.
    `value`, `reference_value`: median raw value of the arm and its reference arm, such as seconds.

    An arm's reference arm is the arm of role "reference" on the same backend. A control, and an arm
    whose reference arm has no data, has the first reference arm of the block set, in order of
    backend. A block set without one is left out, and so is an arm that shares no block with its
    reference arm, not even through other arms.
    """
    wanted = pl.col("metric").is_not_null() if metric is None else pl.col("metric") == metric.name
    cells = observations.filter(pl.col("outcome") == "ok", wanted, measurable("value")).select(
        *BLOCK_SET, *ARM, "release", "role", pl.col("block").fill_null(0), "value"
    )
    arms = (
        cells.group_by(*BLOCK_SET, *ARM)
        .agg(
            pl.col("release", "role").first(),
            pl.col("block").n_unique().alias("blocks"),
            pl.col("value").median(),
        )
        .sort(*BLOCK_SET, *ARM)
        .with_row_index("arm")
        .with_columns(pl.struct(BLOCK_SET).rle_id().alias("set"))
    )
    cells = (
        cells.join(arms.select(*BLOCK_SET, *ARM, "arm", "set"), on=(*BLOCK_SET, *ARM))
        .select("set", "arm", "block", levels("value").alias("level"))
        .sort("set", "arm", "block")
    )
    reference = _references(arms)
    fits = _fit(arms, reference, cells)
    beside = pl.Series(np.maximum(reference, 0))
    return (
        arms.with_columns(
            *(pl.Series(name, values).fill_nan(None) for name, values in fits.items()),
            arms["backend"].gather(beside).alias("reference_backend"),
            arms["label"].gather(beside).alias("reference_label"),
            arms["value"].gather(beside).alias("reference_value"),
        )
        .filter(pl.Series(reference >= 0) & pl.col("log_ratio").is_not_null())
        .select(pl.col(name).cast(kind) for name, kind in LEVELS.items())
    )


def _references(arms: pl.DataFrame) -> NDArray[np.intp]:
    """The row of each arm's reference arm in `arms`; -1 for an arm of a set that has none."""
    found = arms.filter(pl.col("role") == "reference").select("set", "backend", "arm")
    own = found.group_by("set", "backend").agg(pl.col("arm").min().alias("own"))
    first = found.group_by("set").agg(pl.col("arm").min().alias("first"))
    joined = arms.join(own, on=("set", "backend"), how="left").join(first, on="set", how="left")
    is_control = pl.col("role") == "control"
    chosen = pl.when(is_control).then("first").otherwise(pl.coalesce("own", "first"))
    ordered = joined.sort("arm").select(chosen.cast(pl.Int64).fill_null(-1))
    return ordered.to_series().to_numpy().astype(np.intp)


def _fit(arms: pl.DataFrame, reference: NDArray[np.intp], cells: pl.DataFrame) -> dict[str, Floats]:
    """The level and the log ratio of each row of `arms`, and their errors; NaN where unknown."""
    level, level_error, log_ratio, error = np.full((4, len(arms)), np.nan)
    arm, block = cells["arm"].to_numpy(), cells["block"].to_numpy()
    value = cells["level"].to_numpy()
    first_arm, first_cell = starts(arms["set"]), starts(cells["set"])
    for number, start in enumerate(first_arm[:-1]):
        members = slice(start, first_arm[number + 1])
        inside = slice(first_cell[number], first_cell[number + 1])
        blocks, row = np.unique(block[inside], return_inverse=True)
        table = np.full((len(blocks), members.stop - start), np.nan)
        table[row, arm[inside] - start] = value[inside]
        fit = polish(table)
        level[members], level_error[members] = fit.arms, standard_errors(fit)
        for chosen in np.unique(reference[members]):
            if chosen < 0:
                continue
            found = contrasts(fit, chosen - start)
            mine = reference[members] == chosen
            log_ratio[members][mine] = found.estimate[mine]
            error[members][mine] = found.error[mine]
    return {"level": level, "level_error": level_error, "log_ratio": log_ratio, "error": error}


def starts(sets: pl.Series) -> NDArray[np.intp]:
    """Where each run of equal values of a sorted series starts, and where the last one ends."""
    numbers = np.arange(sets.n_unique() + 1)
    return np.searchsorted(sets.to_numpy(), numbers).astype(np.intp)
