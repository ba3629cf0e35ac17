"""Speedups between backends in a release, with their errors, from the levels of lives."""

import polars as pl

from mlx_asv.effects.changes import contrasts, pool
from mlx_asv.effects.lives import SUBJECT
from mlx_asv.verdicts.inference import standard_error

#: The backends that are compared: how much less time does the first take than the second?
PAIRS = (
    ("mlx_gpu_compile", "mlx_gpu"),
    ("mlx_gpu", "mps"),
    ("mlx_gpu", "mlx_cpu"),
    ("cuda", "cpu"),
    ("mlx_gpu", "cuda"),
    ("mlx_cpu_compile", "mlx_cpu"),
    ("mlx_cpu", "cpu"),
    ("mlx_cpu", "numpy"),
)

#: `effect`: log(other / this) of a case in a release, with its standard error and the degrees of
#: freedom of that.
SPEEDUPS = pl.Schema(
    {
        **dict.fromkeys(("environment", "release", "benchmark", "case"), pl.String()),
        **dict.fromkeys(("this", "other"), pl.String()),
        **dict.fromkeys(("effect", "error", "df"), pl.Float64()),
    }
)

#: Two arms, and the release in whose table they are compared.
_ARMS = ("before_backend", "before_label", "backend", "after_label")


def speedups(levels: pl.DataFrame) -> pl.DataFrame:
    """SPEEDUPS of every release, sorted. A control has no release: it is the latest measured.

    `levels`: the times that `life_levels` gives, of one machine.
    """
    parts = levels.partition_by("environment", maintain_order=True)
    found = pl.concat([pl.DataFrame(schema=SPEEDUPS), *(_in_environment(part) for part in parts)])
    return found.sort("environment", "release", "benchmark", "case", "this", "other")


def _in_environment(levels: pl.DataFrame) -> pl.DataFrame:
    pairs = _pairs(levels)
    if pairs.is_empty():
        return pl.DataFrame(schema=SPEEDUPS)
    found = contrasts(pool(levels), pairs.select(*SUBJECT, *_ARMS).unique())
    errors = standard_error(*(found[name].to_numpy() for name in ("low", "high", "df")))
    return (
        found.with_columns(pl.Series("error", errors, pl.Float64()))
        .join(pairs, on=[*SUBJECT, *_ARMS])
        .rename({"table": "release", "before_backend": "this", "backend": "other"})
        .select(pl.col(name).cast(kind) for name, kind in SPEEDUPS.items())
    )


def _pairs(levels: pl.DataFrame) -> pl.DataFrame:
    """_ARMS of every case that has both arms, for the `table` of each release."""
    arms = levels.select(*SUBJECT, "backend", "label", "role", "sweep").unique()
    own = arms.filter(pl.col("role").is_in(["reference", "release"])).select(
        *SUBJECT, "backend", "label", table="label"
    )
    controls = (
        arms.filter(pl.col("role") == "control")
        .sort("sweep", "label")
        .unique([*SUBJECT, "backend"], keep="last")
        .select(*SUBJECT, "backend", "label")
        .join(own.select(*SUBJECT, "table").unique(), on=SUBJECT)
    )
    of_table = pl.concat([own.unique(), controls.select(own.columns)])
    names = pl.DataFrame(
        PAIRS, schema={"before_backend": pl.String(), "backend": pl.String()}, orient="row"
    )
    this = of_table.rename({"backend": "before_backend", "label": "before_label"})
    other = of_table.rename({"label": "after_label"})
    return this.join(names, on="before_backend").join(other, on=[*SUBJECT, "table", "backend"])
