"""Series and verdicts of a machine, kept until its observations, or the analysis, change."""

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from mlx_asv.asv_edge.stored import Project
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.observations.store import CONFIRMATIONS, SWEEPS, directory, read, write
from mlx_asv.tables.intervals import speedup_changes
from mlx_asv.tables.speedups import OPERATIONS
from mlx_asv.verdicts.accepted import FILE, Accepted
from mlx_asv.verdicts.fresh import fresh
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.sequential import StoppingRule

from .kept import digest, sources
from .names import file_name

#: The sources of everything that turns observations into what is kept.
SOURCES = ("effects", "verdicts", "observations", "tables/intervals.py", "site/analysed.py")


#: How backends compare in a release: a Change of tools/mlx_asv/tables/changes.py under its key.
SPEEDUPS = pl.Schema(
    {
        **dict.fromkeys(("environment", "release", "name", "case", "this", "other"), pl.String()),
        **dict.fromkeys(("effect", "error", "df"), pl.Float64()),
    }
)


@dataclass(frozen=True)
class Analysed:
    """All that the pages need of a machine's observations.

    `series`: SERIES of the newest version of each benchmark. `verdicts`: VERDICTS, likewise.
    `suite`: SUITE. `speedups`: SPEEDUPS. `sweeps`: a row per sweep and environment,
    with `conditions` (JSON), `observations`, `block_sets` and `started` (Unix time).
    """

    series: pl.DataFrame
    verdicts: pl.DataFrame
    suite: pl.DataFrame
    speedups: pl.DataFrame
    sweeps: pl.DataFrame


def analysed(project: Project, machine: str, accepted: Sequence[Accepted], rule: Rule) -> Analysed:
    """Of one of a project's machines; from what is kept of it, if nothing has changed.

    Raises ObservationsError for a file that is damaged.
    """
    sweeps, confirmations = (
        sorted(directory(project.results, machine, kind).glob("*.parquet"))
        for kind in (SWEEPS, CONFIRMATIONS)
    )
    order = project.order
    here = project.state / "site" / "analysed" / file_name(machine)
    inputs = [*sweeps, *confirmations, project.results / FILE, *sources(*SOURCES)]
    kept = here / digest(inputs, pl.__version__, rule, *order)
    if (found := _read(kept)) is not None:
        return found
    found = _analyse(read(sweeps), read(confirmations), order, accepted, rule)
    shutil.rmtree(here, ignore_errors=True)  # of what there was before
    for field in fields(Analysed):
        write(kept / f"{field.name}.parquet", getattr(found, field.name))
    return found


def _analyse(
    observations: pl.DataFrame,
    confirmations: pl.DataFrame,
    order: Sequence[str],
    accepted: Sequence[Accepted],
    rule: Rule,
) -> Analysed:
    newest = (
        observations.group_by("machine", "environment", "benchmark")
        .agg(pl.col("version").sort_by("sweep").last())
        .select("machine", "environment", "benchmark", "version")
    )
    current = observations.join(newest, on=newest.columns, how="semi", maintain_order="left")
    levels = life_levels(current)
    again = fresh(confirmations, StoppingRule(threshold=rule.threshold))
    judgement = judge(levels, order, rule, accepted, again)
    sweeps = (
        observations.group_by("machine", "environment", "sweep")
        .agg(
            pl.col("conditions").first(),
            pl.len().alias("observations"),
            pl.struct("benchmark", "case", "replicate", "group").n_unique().alias("block_sets"),
            pl.col("started").min(),
        )
        .sort("sweep")
    )
    return Analysed(
        series(levels),
        judgement.verdicts,
        judgement.suite,
        _speedups(levels),
        sweeps,
    )


def _speedups(levels: pl.DataFrame) -> pl.DataFrame:
    """SPEEDUPS of every release. What is no module's benchmark is no row of a table."""
    of_modules = levels.filter(pl.col("benchmark").str.contains(".", literal=True))
    rows = [
        (environment, release, *key, change.effect, change.error, change.df)
        for environment in levels["environment"].unique().sort()
        for release, changes in speedup_changes(of_modules, environment, OPERATIONS).items()
        for key, change in changes.items()
    ]
    return pl.DataFrame(rows, schema=SPEEDUPS, orient="row")


def _read(kept: Path) -> Analysed | None:
    """None if it is not whole: a kill may have left a part."""
    frames = []
    for field in fields(Analysed):
        path = kept / f"{field.name}.parquet"
        try:
            frames.append(pl.read_parquet(io.BytesIO(path.read_bytes())))
        except (FileNotFoundError, PolarsError):
            return None
    return Analysed(*frames)
