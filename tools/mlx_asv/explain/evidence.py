"""What there is to say about one step of one series: pure functions on frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mlx_asv.axes import operation_of
from mlx_asv.effects.changes import REPLICATE, effects
from mlx_asv.effects.lives import SUBJECT, life_levels
from mlx_asv.metric import ERROR, METRICS, TIME, Metric
from mlx_asv.verdicts.exactness import sentence
from mlx_asv.verdicts.fresh import pairs_of
from mlx_asv.verdicts.judge import Judgement
from mlx_asv.verdicts.pairs import PAIR, SERIES, STEP, Row
from mlx_asv.verdicts.reading import KEY, readings
from mlx_asv.verdicts.verdict import is_change


@dataclass(frozen=True)
class Evidence:
    """A step, and all that was measured of it.

    `verdict`: its row of the verdicts. `sweeps`, `fresh`: a row for each replicate of the sweeps
    and of the confirmations: `sweep`, `replicate`, `before` and `after` (values of the metric, such
    as seconds per call, null where that release was not measured), `change` (an effect), and the
    value of each control.
    `twins`: of each sweep that measured it, the A/A effect of the case then, with its interval.
    `moved`: the other steps at this release that were called a change of the metric.
    `reading`: its row of READINGS, with what another metric says of it; None if it has none.
    """

    verdict: Row
    sweeps: pl.DataFrame
    fresh: pl.DataFrame
    twins: pl.DataFrame
    moved: pl.DataFrame
    reading: Row | None

    @property
    def metric(self) -> Metric:
        """What the verdict is on."""
        return METRICS[self.verdict["metric"]]


def evidence(
    verdict: Row,
    verdicts: pl.DataFrame,
    observations: pl.DataFrame,
    confirmations: pl.DataFrame,
) -> Evidence:
    """The evidence for one row of the verdicts.

    `observations`, `confirmations`: of its machine (SCHEMA).
    """
    metric = METRICS[verdict["metric"]]
    case = [name for name in SUBJECT if name != "metric"]
    levels = life_levels(observations.filter(*_of(verdict, case)), metric)
    again = [part for key, part in pairs_of(confirmations) if key == _key(verdict)]
    fresh = life_levels(again[0], metric) if again else levels.clear()
    sides = verdict["before"], verdict["after"]
    here = levels.filter(pl.col("backend") == verdict["backend"])
    measured = here.filter(pl.col("label").is_in(sides)).select(REPLICATE).unique()
    return Evidence(
        verdict,
        replicates(levels.join(measured, on=REPLICATE, how="semi"), verdict["backend"], *sides),
        replicates(fresh, verdict["backend"], *sides),
        _twins(here.join(measured.select("sweep").unique(), on="sweep", how="semi")),
        _moved(verdict, verdicts),
        _reading(verdict, verdicts),
    )


def replicates(levels: pl.DataFrame, backend: str, before: str, after: str) -> pl.DataFrame:
    """A row for each replicate that has one of the two releases, as in Evidence."""
    here = levels.filter(pl.col("backend") == backend, pl.col("role") != "twin")
    sides = [
        here.filter(pl.col("label") == label)
        .group_by(REPLICATE)
        .agg(pl.col("value").median().alias(side), pl.col("log_ratio").mean().alias(f"to_{side}"))
        for side, label in (("before", before), ("after", after))
    ]
    found = sides[0].join(sides[1], on=REPLICATE, how="full", coalesce=True)
    change = pl.col("to_after") - pl.col("to_before")
    found = found.with_columns(change.alias("change")).drop("to_before", "to_after")
    controls = levels.filter(pl.col("role") == "control")
    for name in controls["backend"].unique().sort():
        of_it = controls.filter(pl.col("backend") == name).group_by(REPLICATE)
        values = of_it.agg(pl.col("value").median().alias(str(name)))
        found = found.join(values, on=REPLICATE, how="left")
    return found.sort(REPLICATE)


def find(
    verdicts: pl.DataFrame,
    benchmark: str,
    case: str,
    backend: str,
    release: str,
    metric: str = TIME.name,
) -> list[dict[str, Any]]:
    """The steps to `release` of a series, one per machine and environment.

    `benchmark`: asv's name, or the class alone. Raises LookupError with what there is instead.
    """
    named = (pl.col("benchmark") == benchmark) | (operation_of("benchmark") == benchmark)
    choices: Sequence[tuple[str, pl.Expr, str]] = (
        ("benchmark", named, benchmark),
        ("case", pl.col("case") == case, case),
        ("backend", pl.col("backend") == backend, backend),
        ("after", pl.col("after") == release, release),
        ("metric", pl.col("metric") == metric, metric),
    )
    left = verdicts.filter(pl.col("comparison") == STEP)
    for column, wanted, asked in choices:
        found = left.filter(wanted)
        if found.is_empty():
            what = "release" if column == "after" else column
            there = ", ".join(left[column].unique().sort()) or "none"
            raise LookupError(f"There is no verdict on the {what} {asked!r}: choose from {there}.")
        left = found
    return list(left.iter_rows(named=True))


def said_beside(row: Row, judged: Judgement) -> list[str]:
    """What is said of a step beside its verdict: of its release by itself, where the metric has a
    limit, and how much more exact its results are since then."""
    metric = METRICS[row["metric"]]
    alone = judged.absolute.filter(*_of(row, SERIES), release=row["after"])
    said = [
        f"{row['after']} by itself: {each['verdict']}, {metric.told(each['value'], each['most'])}"
        for each in alone.iter_rows(named=True)
    ]
    if metric is not ERROR:
        exact = judged.exactness.filter(*_of(row, KEY))
        said += [f"Beside it: {sentence(each)}" for each in exact.iter_rows(named=True)]
    return said


def _twins(levels: pl.DataFrame) -> pl.DataFrame:
    """The A/A effects of each sweep by itself."""
    parts = levels.partition_by("sweep", as_dict=True, maintain_order=True)
    found = [
        effects(part)
        .filter(pl.col("role") == "twin")
        .select(pl.lit(name[0]).alias("sweep"), "label", "effect", "low", "high", "replicates")
        for name, part in parts.items()
    ]
    return pl.concat(found) if found else pl.DataFrame()


def _moved(verdict: Row, verdicts: pl.DataFrame) -> pl.DataFrame:
    """The other steps at the release that are a change of the metric, largest first."""
    same = (pl.col(key) == verdict[key] for key in PAIR)
    return verdicts.filter(
        pl.col("comparison") == STEP,
        is_change(),
        *_of(verdict, ("machine", "environment", "metric", "after")),
        ~pl.all_horizontal(*same),
    ).sort(pl.col("effect").abs(), descending=True, maintain_order=True)


def _reading(verdict: Row, verdicts: pl.DataFrame) -> Row | None:
    found = readings(verdicts.filter(*_of(verdict, KEY)))
    return found.row(0, named=True) if found.height else None


def _of(verdict: Row, keys: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(key) == verdict[key] for key in keys]


def _key(verdict: Row) -> tuple[str, ...]:
    return tuple(verdict[key] for key in PAIR)
