"""From a machine's observations to the frames that everybody shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from mlx_asv.axes import Axes
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import SERIES, series
from mlx_asv.facts import Backend
from mlx_asv.metric import TIME
from mlx_asv.observations.store import ObservationsError
from mlx_asv.verdicts.absolute import ABSOLUTE
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.attribution import SUITE
from mlx_asv.verdicts.exactness import EXACTNESS
from mlx_asv.verdicts.fresh import fresh
from mlx_asv.verdicts.judge import VERDICTS, judge
from mlx_asv.verdicts.order import releases
from mlx_asv.verdicts.reading import READINGS, readings
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.scope import Known
from mlx_asv.verdicts.sequential import StoppingRule

from .speedups import SPEEDUPS, speedups

#: Entries of accepted.toml: the fields of Accepted.
STALE = pl.Schema(dict.fromkeys(("pattern", "release", "reason", "link", "metric"), pl.String()))


@dataclass(frozen=True)
class Analysis:
    """The frames of a machine, of the newest version of each benchmark.

    `cases`: CASES. `series`: SERIES. `verdicts`: VERDICTS. `suite`: SUITE. `stale`: STALE, accepted
    entries that are about no open regression of this machine. `speedups`: SPEEDUPS. `sweeps`:
    SWEEPS, older versions counted; `conditions` is JSON, `started` Unix time. `readings`: READINGS.
    `absolute`: ABSOLUTE. `exactness`: EXACTNESS.
    """

    cases: pl.DataFrame
    series: pl.DataFrame
    verdicts: pl.DataFrame
    suite: pl.DataFrame
    stale: pl.DataFrame
    speedups: pl.DataFrame
    sweeps: pl.DataFrame
    readings: pl.DataFrame
    absolute: pl.DataFrame
    exactness: pl.DataFrame


#: What was measured, with the axes (JSON) of each case; null in old observations.
CASES = pl.Schema(dict.fromkeys(("environment", "benchmark", "case", "axes"), pl.String()))

#: Of each sweep in an environment.
SWEEPS = pl.Schema(
    {
        **dict.fromkeys(("machine", "environment", "sweep", "conditions"), pl.String()),
        **dict.fromkeys(("observations", "block_sets"), pl.UInt32()),
        "started": pl.Float64(),
    }
)

#: What there is to say where nothing was observed.
NOTHING = Analysis(
    *(
        pl.DataFrame(schema=each)
        for each in (
            *(CASES, SERIES, VERDICTS, SUITE, STALE, SPEEDUPS),
            *(SWEEPS, READINGS, ABSOLUTE, EXACTNESS),
        )
    )
)


def analyse(
    observations: pl.DataFrame,
    confirmations: pl.DataFrame,
    order: Sequence[str],
    accepted: Sequence[Accepted],
    rule: Rule,
    backends: Mapping[str, Backend],
    allow: Callable[[str, Axes], float | None] | None = None,
) -> Analysis:
    """All of it. `observations`, `confirmations`: of one machine. `order`: all releases, oldest
    first; raises ObservationsError for observations of another. `backends`, `allow`: what the suite
    says of them, and of the limits of cases."""
    if unknown := set(releases(observations)) - set(order):
        raise ObservationsError(
            f"The lock file does not know {', '.join(sorted(unknown))}, of which there are "
            "observations: `mlx-asv releases update` refreshes it."
        )
    current = newest(observations)
    levels = life_levels(current)
    again = fresh(confirmations, StoppingRule(rule.of(TIME).asked))
    known = Known.of(observations, backends, allow)
    judgement = judge(levels, order, rule, accepted, again, known)
    stale = [tuple(getattr(entry, name) for name in STALE) for entry in judgement.stale]
    return Analysis(
        _cases(current),
        series(levels),
        judgement.verdicts,
        judgement.suite,
        pl.DataFrame(stale, schema=STALE, orient="row"),
        speedups(levels.filter(metric=TIME.name)),
        _sweeps(observations),
        readings(judgement.verdicts),
        judgement.absolute,
        judgement.exactness,
    )


def newest(observations: pl.DataFrame) -> pl.DataFrame:
    """Those of the newest version of each benchmark, per machine and environment: the version in
    its last sweep (ids of sweeps sort by time). A series of an older version has no future."""
    key = ("machine", "environment", "benchmark")
    last = observations.group_by(key).agg(pl.col("version").sort_by("sweep").last())
    return observations.join(last, on=(*key, "version"), how="semi", maintain_order="left")


def _cases(observations: pl.DataFrame) -> pl.DataFrame:
    """CASES, sorted; the axes that were written down last."""
    key = ("environment", "benchmark", "case")
    last = pl.col("axes").sort_by("sweep").drop_nulls().last()
    return observations.group_by(key).agg(last).sort(key).select(list(CASES))


def _visits() -> pl.Expr:
    """How many visits and counts there were, and arms that could not be measured."""
    return (pl.col("calls").is_not_null() | pl.col("metric").is_null()).sum().cast(pl.UInt32)


def _sweeps(observations: pl.DataFrame) -> pl.DataFrame:
    return (
        observations.group_by("machine", "environment", "sweep")
        .agg(
            pl.col("conditions").first(),
            _visits().alias("observations"),
            pl.struct("benchmark", "case", "replicate", "group").n_unique().alias("block_sets"),
            pl.col("started").min(),
        )
        .sort("sweep")
        .select(pl.col(name).cast(kind) for name, kind in SWEEPS.items())
    )
