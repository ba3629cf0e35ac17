"""Where something was measured, and all that is known from there: what every page is made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from mlx_asv.analysis.machine import Analysis
from mlx_asv.analysis.results import analysed
from mlx_asv.analysis.speedups import SPEEDUPS
from mlx_asv.asv_edge.stored import Project, numbers
from mlx_asv.metric import TIME
from mlx_asv.observations.store import ObservationsError, directory
from mlx_asv.verdicts.attribution import SUITE
from mlx_asv.verdicts.judge import VERDICTS
from mlx_asv.verdicts.published import published
from mlx_asv.verdicts.rule import Rule

from .names import file_name

#: One release of one series. `source`: how it was measured, SWEEP or ASV.
POINTS = pl.Schema(
    {
        **dict.fromkeys(("benchmark", "case", "backend", "release"), pl.String()),
        "control": pl.Boolean(),
        **dict.fromkeys(("seconds", "low", "high", "raw_seconds"), pl.Float64()),
        "replicates": pl.Int32(),
        "source": pl.String(),
    }
)
SWEEP, ASV = "sweep", "asv"

#: What identifies a series in a place.
SERIES = ("benchmark", "case", "backend")

#: A reference's second arm against itself: of these effects the truth is 0.
TWINS = pl.Schema(
    {
        **dict.fromkeys(SERIES, pl.String()),
        **dict.fromkeys(("effect", "low", "high"), pl.Float64()),
    }
)


@dataclass(frozen=True)
class Place:
    """A machine and the environment that was measured in.

    `points`: POINTS, by series and release. `verdicts`: `published` ones. `suite`: SUITE.
    `twins`: TWINS. `speedups`, `sweeps`: those of Analysis. `described`: asv's description of the
    machine.
    """

    id: str
    machine: str
    environment: str
    described: Mapping[str, Any]
    releases: Sequence[str]
    points: pl.DataFrame
    verdicts: pl.DataFrame
    suite: pl.DataFrame
    twins: pl.DataFrame
    speedups: pl.DataFrame
    sweeps: pl.DataFrame

    @property
    def title(self) -> str:
        """What it is called; with the environment where the machine has several."""
        own = self.id == file_name(self.machine)
        return self.machine if own else f"{self.machine}, {self.environment}"

    @property
    def started(self) -> float:
        """When its last sweep was, Unix time; 0 without one."""
        last = self.sweeps["started"].max() if self.sweeps.height else None
        return float(last) if isinstance(last, int | float) else 0.0

    @property
    def judged(self) -> bool:
        """Whether there are verdicts."""
        return self.verdicts.height > 0


def places(project: Project, machine: str, rule: Rule) -> list[Place]:
    """The machine in each environment that something was measured in; none if nothing was.

    asv's results count where no sweep has the series. Raises ObservationsError or AcceptedError.
    """
    swept = None
    if any(directory(project.results, machine).glob("*.parquet")):
        swept = analysed(project.swept, machine, rule)
    stored = numbers(project.stored(machine))
    environments = set(stored["environment"])
    if swept is not None:
        environments |= set(swept.sweeps["environment"])
    found = [
        place
        for environment in sorted(environments)
        if (place := _place(machine, environment, swept, stored, project)).points.height
    ]
    if len(found) > 1:
        return [replace(each, id=file_name(f"{machine} {each.environment}")) for each in found]
    return found


def _place(
    machine: str,
    environment: str,
    swept: Analysis | None,
    stored: pl.DataFrame,
    project: Project,
) -> Place:
    here = pl.col("environment") == environment
    stored = stored.filter(here)
    if swept is None:
        series, twins = pl.DataFrame(schema=POINTS), pl.DataFrame(schema=TWINS)
        verdicts, suite = published(pl.DataFrame(schema=VERDICTS)), pl.DataFrame(schema=SUITE)
        speedups, sweeps = pl.DataFrame(schema=SPEEDUPS), pl.DataFrame()
    else:
        here &= pl.col("metric") == TIME.name
        mine = swept.series.filter(here).rename({"value": "seconds", "raw": "raw_seconds"})
        series, twins = _points(mine), _twins(mine)
        verdicts, suite = published(swept.verdicts.filter(here)), swept.suite.filter(here)
        in_it = pl.col("environment") == environment
        speedups, sweeps = swept.speedups.filter(in_it), swept.sweeps.filter(in_it)
    controls = project.controls
    if set(stored["backend"]) <= controls and series.is_empty():
        controls = frozenset()  # where nothing else was measured, they are what there is to see
    rest = _stored_points(stored, controls).join(series, on=SERIES, how="anti")
    points = pl.concat([series, rest])
    if unknown := set(points["release"]) - set(project.order):
        raise ObservationsError(
            f"The lock file does not know {', '.join(sorted(unknown))}, of which there are results "
            f"of {machine}: `mlx-asv releases update` refreshes it."
        )
    measured = set(points.filter(~pl.col("control"))["release"])
    releases = [tag for tag in project.order if tag in measured]
    return Place(
        file_name(machine),
        machine,
        environment,
        _described(project.results / machine / "machine.json"),
        releases,
        _in_order(points, project.order),
        verdicts,
        suite,
        twins,
        speedups,
        sweeps,
    )


def _points(series: pl.DataFrame) -> pl.DataFrame:
    """Those of releases and controls; a bound that nothing is known of is null."""
    bounds = [
        pl.when(pl.col(name).is_between(0, float("inf"), closed="none")).then(name).alias(name)
        for name in ("low", "high")
    ]
    return (
        series.filter(pl.col("role") != "twin")
        .with_columns(
            *bounds, control=pl.col("role") == "control", source=pl.lit(SWEEP, pl.String())
        )
        .select(pl.col(name).cast(kind) for name, kind in POINTS.items())
    )


def _stored_points(stored: pl.DataFrame, controls: frozenset[str]) -> pl.DataFrame:
    """Of asv: one run of each release, no replicates, hence no interval."""
    nothing = dict.fromkeys(("low", "high", "replicates"))
    return stored.with_columns(
        control=pl.col("backend").is_in(list(controls)),
        seconds=pl.col("value"),
        raw_seconds=pl.col("value"),
        source=pl.lit(ASV, pl.String()),
        **{name: pl.lit(value) for name, value in nothing.items()},
    ).select(pl.col(name).cast(kind) for name, kind in POINTS.items())


def _twins(series: pl.DataFrame) -> pl.DataFrame:
    """A/A: the twin against the reference, whose calibrated seconds are the anchor, exactly."""
    reference = series.filter(pl.col("role") == "reference").select(
        *SERIES, pl.col("release"), pl.col("seconds").alias("anchor")
    )
    logs = [(pl.col(name) / pl.col("anchor")).log() for name in ("low", "high")]
    return (
        series.filter(pl.col("role") == "twin")
        .join(reference, on=(*SERIES, "release"))
        .with_columns((pl.col("seconds") / pl.col("anchor")).log().alias("effect"), *logs)
        .select(pl.col(name).cast(kind) for name, kind in TWINS.items())
    )


def _in_order(points: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    rank = pl.DataFrame({"release": pl.Series(order, dtype=pl.String)}).with_row_index("place")
    return points.join(rank, on="release").sort(*SERIES, "place").drop("place")


def _described(path: Path) -> Mapping[str, Any]:
    """asv's description of a machine; nothing if there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
