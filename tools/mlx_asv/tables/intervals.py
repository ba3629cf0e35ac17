"""How sure the speedups of a release are, from the levels of the processes' lives."""

from collections.abc import Collection, Mapping

import polars as pl

from mlx_asv.effects.changes import contrasts, pool
from mlx_asv.effects.lives import SUBJECT
from mlx_asv.verdicts.inference import standard_error

from .changes import Change, Changes
from .rows import row_label
from .speedups import Speedup

#: Two arms, and the release in whose table they are compared.
_PAIR = ("before_backend", "before_label", "backend", "after_label")


def speedup_changes(
    levels: pl.DataFrame,
    environment: str,
    speedups: Collection[Speedup],
    releases: Collection[str] | None = None,
) -> Mapping[str, Changes]:
    """For each release (of `releases` only, if given) the changes of all cases.

    `levels` is what `life_levels` gives, of one machine. A control has no release: it is the
    latest that was measured. Names are those of the operations or models, as in the tables.
    """
    here = levels.filter(pl.col("environment") == environment)
    pairs = _pairs(here, speedups, releases)
    if pairs.is_empty():
        return {}
    found = contrasts(pool(here), pairs.select(*SUBJECT, *_PAIR).unique())
    errors = standard_error(*(found[name].to_numpy() for name in ("low", "high", "df")))
    known = found.with_columns(pl.Series("error", errors, pl.Float64())).join(
        pairs, on=[*SUBJECT, *_PAIR]
    )
    by_release: dict[str, dict[tuple[str, str | None, str, str], Change]] = {}
    for row in known.iter_rows(named=True):
        label = row_label(row["benchmark"], row["case"])
        if label is not None:
            key = (label.name, label.case, row["before_backend"], row["backend"])
            change = Change(row["effect"], row["error"], row["df"])
            by_release.setdefault(row["table"], {})[key] = change
    return by_release


def _pairs(
    levels: pl.DataFrame, speedups: Collection[Speedup], releases: Collection[str] | None
) -> pl.DataFrame:
    """_PAIR of every case that has both arms, for the `table` of each release."""
    arms = levels.select(*SUBJECT, "backend", "label", "role", "sweep").unique()
    own = arms.filter(pl.col("role").is_in(["reference", "release"])).select(
        *SUBJECT, "backend", "label", table="label"
    )
    if releases is not None:
        own = own.filter(pl.col("table").is_in(list(releases)))
    controls = (
        arms.filter(pl.col("role") == "control")
        .sort("sweep", "label")
        .unique([*SUBJECT, "backend"], keep="last")
        .select(*SUBJECT, "backend", "label")
        .join(own.select(*SUBJECT, "table").unique(), on=SUBJECT)
    )
    of_table = pl.concat([own.unique(), controls.select(own.columns)])
    names = pl.DataFrame(
        [(each.this, each.other) for each in speedups],
        schema={"before_backend": pl.String(), "backend": pl.String()},
        orient="row",
    )
    this = of_table.rename({"backend": "before_backend", "label": "before_label"})
    other = of_table.rename({"label": "after_label"})
    return this.join(names, on="before_backend").join(other, on=[*SUBJECT, "table", "backend"])
