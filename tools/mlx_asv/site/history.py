"""The history of one case on all backends: what its page draws."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from mlx_asv.metric import TIME
from mlx_asv.observations.store import case_key
from mlx_asv.tables.measured import Describe
from mlx_asv.verdicts.published import CANDIDATE

from .answers import readings_of
from .overview import letters, parts
from .places import SERIES, Place

#: Significant digits of values.
DIGITS = 5


def histories(place: Place, describe: Describe) -> Iterator[tuple[str, dict[str, Any]]]:
    """The key of each case, and its object. `describe`: what the suite says of it.

    `b`, `c`: benchmark and case, as a person calls it; `work`: bytes and operations of a call, or
    null; `backends`: a list of objects with `name`, `control`, `source`, and lists with an item per
    measured release:
    `r` (its index in the place), `s`, `lo`, `hi`, `raw` (in the metric's unit), `n` (replicates),
    `e`, `l`, `h` (effect against the one before, in PARTS), `v` (letters), `cand` (1: it is a
    candidate) and `said` (how this answer and that of another metric are read).
    """
    points = _points(place)
    in_order = points.sort(
        "control", maintain_order=True
    )  # those that change with the release first
    series = in_order.group_by("benchmark", "case", "backend", maintain_order=True).agg(
        pl.col("control", "source").first(),
        pl.col("r", "s", "lo", "hi", "raw", "n", "e", "l", "h", "cand", "said"),
        pl.col("v").str.join(""),
    )
    for (benchmark, case), found in series.partition_by(
        "benchmark", "case", as_dict=True, maintain_order=True
    ).items():
        backends = found.drop("benchmark", "case").rename({"backend": "name"})
        described = describe(str(benchmark), str(case)) if place.metric is TIME else None
        done = described.work if described else None
        yield (
            case_key(str(benchmark), str(case)),
            {
                "b": benchmark,
                "c": place.called(str(benchmark), str(case)),
                "work": asdict(done) if done else None,
                "backends": [_lean(row) for row in backends.iter_rows(named=True)],
            },
        )


def _lean(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without the lists that say nothing: of asv's results there are no intervals."""
    return {
        name: value
        for name, value in row.items()
        if not (isinstance(value, list) and all(item is None for item in value))
    }


def _points(place: Place) -> pl.DataFrame:
    steps = place.verdicts.filter(pl.col("comparison") == "step").select(
        *SERIES,
        pl.col("after").alias("release"),
        parts(pl.col("effect")).alias("e"),
        parts(pl.col("low")).alias("l"),
        parts(pl.col("high")).alias("h"),
        pl.col("verdict").replace_strict(letters(place.metric), return_dtype=pl.String).alias("v"),
        pl.when(pl.col("standing") == CANDIDATE).then(1).alias("cand"),
    )
    said = readings_of(place).select(
        *SERIES, pl.col("after").alias("release"), pl.col("reading").alias("said")
    )
    index = pl.DataFrame({"release": pl.Series(place.releases, dtype=pl.String)}).with_row_index(
        "r"
    )
    return (
        place.points.join(index, on="release", how="left", maintain_order="left")
        .join(steps, on=(*SERIES, "release"), how="left", maintain_order="left")
        .join(said, on=(*SERIES, "release"), how="left", maintain_order="left")
        .with_columns(
            pl.col("value").round_sig_figs(DIGITS).alias("s"),
            pl.col("low").round_sig_figs(DIGITS).alias("lo"),
            pl.col("high").round_sig_figs(DIGITS).alias("hi"),
            pl.col("raw").round_sig_figs(DIGITS).alias("raw"),
            pl.col("replicates").alias("n"),
            pl.col("v").fill_null(" "),
        )
    )
