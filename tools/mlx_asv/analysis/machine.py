"""From a machine's observations to all that is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.facts import Backend
from mlx_asv.metric import TIME
from mlx_asv.observations.store import ObservationsError
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.fresh import fresh
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.order import releases
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.scope import Known
from mlx_asv.verdicts.sequential import StoppingRule

from .speedups import speedups

#: Entries of accepted.toml: the fields of Accepted.
STALE = pl.Schema(dict.fromkeys(("pattern", "release", "reason", "link", "metric"), pl.String()))


@dataclass(frozen=True)
class Analysis:
    """What a machine's observations say, of the newest version of each benchmark.

    `series`: SERIES. `verdicts`: VERDICTS. `suite`: SUITE. `stale`: STALE, accepted entries that
    are about no open regression of this machine. `speedups`: SPEEDUPS. `sweeps`: a row per sweep
    and environment, older versions counted, with `conditions` (JSON), `observations`, `block_sets`
    and `started` (Unix time).
    """

    series: pl.DataFrame
    verdicts: pl.DataFrame
    suite: pl.DataFrame
    stale: pl.DataFrame
    speedups: pl.DataFrame
    sweeps: pl.DataFrame


def analyse(
    observations: pl.DataFrame,
    confirmations: pl.DataFrame,
    order: Sequence[str],
    accepted: Sequence[Accepted],
    rule: Rule,
    backends: Mapping[str, Backend],
) -> Analysis:
    """All of it. `observations`, `confirmations`: of one machine. `order`: all releases, oldest
    first; raises ObservationsError for observations of another. `backends`: what the suite says of
    them."""
    if unknown := set(releases(observations)) - set(order):
        raise ObservationsError(
            f"The lock file does not know {', '.join(sorted(unknown))}, of which there are "
            "observations: `mlx-asv releases update` refreshes it."
        )
    levels = life_levels(newest(observations))
    again = fresh(confirmations, StoppingRule(rule.chosen))
    known = Known.of(observations, backends)
    judgement = judge(levels, order, rule, accepted, again, known)
    stale = [tuple(getattr(entry, name) for name in STALE) for entry in judgement.stale]
    return Analysis(
        series(levels),
        judgement.verdicts,
        judgement.suite,
        pl.DataFrame(stale, schema=STALE, orient="row"),
        speedups(levels.filter(metric=TIME.name)),
        _sweeps(observations),
    )


def newest(observations: pl.DataFrame) -> pl.DataFrame:
    """Those of the newest version of each benchmark, per machine and environment: the version in
    its last sweep (ids of sweeps sort by time). A series of an older version has no future."""
    key = ("machine", "environment", "benchmark")
    last = observations.group_by(key).agg(pl.col("version").sort_by("sweep").last())
    return observations.join(last, on=(*key, "version"), how="semi", maintain_order="left")


def _visits() -> pl.Expr:
    """How many visits there were, and arms that could not be measured."""
    return (pl.col("block").is_not_null() | pl.col("metric").is_null()).sum().cast(pl.UInt32)


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
    )
