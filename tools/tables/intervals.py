"""How sure the speedups of a release are, from observations."""

from collections.abc import Collection, Sequence

import polars as pl

from tools.effects.changes import contrasts
from tools.effects.lives import SUBJECT, life_levels
from tools.verdicts.inference import standard_error

from .changes import Change, Changes
from .speedups import Speedup


def speedup_changes(
    observations: pl.DataFrame,
    environment: str,
    release: str,
    speedups: Collection[Speedup],
) -> Changes:
    """The changes that observations of one machine know of, of each case of every benchmark.

    A control has no release: it is the latest that was measured. Names are those of the
    operation or model, as in the tables.
    """
    here = observations.filter(pl.col("environment") == environment)
    if here.is_empty():
        return {}
    levels = life_levels(here)
    control = pl.col("role") == "control"
    of_release = pl.col("role").is_in(["reference", "release"]) & (pl.col("label") == release)
    arms = (
        levels.filter(control | of_release)
        .sort("sweep", "label")
        .unique([*SUBJECT, "backend"], keep="last", maintain_order=True)
    )
    pairs = _pairs(arms, [(each.this, each.other) for each in speedups])
    if pairs.is_empty():
        return {}
    found = contrasts(levels, pairs)
    low, high, df = (found[name].to_numpy() for name in ("low", "high", "df"))
    errors = standard_error(low, high, df)
    return {
        (
            row["benchmark"].split(".")[-2],
            row["case"],
            row["before_backend"],
            row["backend"],
        ): Change(row["effect"], float(error), row["df"])
        for row, error in zip(found.iter_rows(named=True), errors, strict=True)
    }


def _pairs(arms: pl.DataFrame, wanted: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The arm and the one it is compared with, wherever a case has both."""
    schema = {"before_backend": pl.String(), "backend": pl.String()}
    names = pl.DataFrame(list(wanted), schema=schema, orient="row")
    this = arms.select(*SUBJECT, before_backend=pl.col("backend"), before_label=pl.col("label"))
    other = arms.select(*SUBJECT, "backend", after_label=pl.col("label"))
    return this.join(names, on="before_backend").join(other, on=[*SUBJECT, "backend"])
