"""Where something was measured, and all that is known from there: what every page is made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from mlx_asv.analysis.machine import NOTHING, Analysis
from mlx_asv.analysis.results import analysed
from mlx_asv.analysis.twins import CASE, twins
from mlx_asv.asv_edge.stored import Project, numbers
from mlx_asv.axes import Axes
from mlx_asv.by_metric import measurable
from mlx_asv.metric import METRICS, TIME, Metric
from mlx_asv.observations.store import ObservationsError, directory
from mlx_asv.verdicts.published import published
from mlx_asv.verdicts.rule import Rule

from .names import file_name

#: One release of one series. `source`: how it was measured, SWEEP or ASV.
POINTS = pl.Schema(
    {
        **dict.fromkeys(("benchmark", "case", "backend", "release"), pl.String()),
        "control": pl.Boolean(),
        **dict.fromkeys(("value", "low", "high", "raw"), pl.Float64()),
        "replicates": pl.Int32(),
        "source": pl.String(),
    }
)
SWEEP, ASV = "sweep", "asv"

#: POINTS of all metrics and environments.
_MEASURED = pl.Schema({"environment": pl.String(), "metric": pl.String(), **POINTS})

#: What identifies a series in a place.
SERIES = CASE


@dataclass(frozen=True)
class Place:
    """What one metric says of a machine and the environment that was measured in.

    `releases`: those of which anything was measured, of whatever metric. `points`: POINTS, by
    series and release. `verdicts`: `published` ones. `suite`: SUITE. `twins`: TWINS. `absolute`:
    ABSOLUTE, of the metric. `speedups`, `sweeps`, `readings`, `exactness`: those of Analysis.
    `axes`: of each (benchmark, case), as far as they are known. `described`: asv's description of
    the machine.
    """

    id: str
    machine: str
    environment: str
    described: Mapping[str, Any]
    metric: Metric
    releases: Sequence[str]
    axes: Mapping[tuple[str, str], Axes]
    points: pl.DataFrame
    verdicts: pl.DataFrame
    suite: pl.DataFrame
    twins: pl.DataFrame
    speedups: pl.DataFrame
    sweeps: pl.DataFrame
    readings: pl.DataFrame
    absolute: pl.DataFrame
    exactness: pl.DataFrame

    @property
    def title(self) -> str:
        """What it is called; with the environment where the machine has several."""
        own = self.id == file_name(self.machine)
        return self.machine if own else f"{self.machine}, {self.environment}"

    def called(self, benchmark: str, case: str) -> str:
        """What a person calls a case with this label."""
        axes = self.axes.get((benchmark, case))
        return case if axes is None else axes.text

    @property
    def started(self) -> float:
        """When its last sweep was, Unix time; 0 without one."""
        last = self.sweeps["started"].max() if self.sweeps.height else None
        return float(last) if isinstance(last, int | float) else 0.0

    @property
    def judged(self) -> bool:
        """Whether there are verdicts."""
        return self.verdicts.height > 0


def views(project: Project, machine: str, rule: Rule) -> list[list[Place]]:
    """What time, even if nothing was timed, and then each other metric that was measured there,
    says of each place."""
    swept, points = _measured(project, machine, rule)
    by_metric = [_of_metric(project, machine, metric, swept, points) for metric in METRICS.values()]
    return [
        [place for place in of_it if place.metric is TIME or place.points.height]
        for of_it in zip(*by_metric, strict=True)
    ]


def places(project: Project, machine: str, rule: Rule, metric: Metric = TIME) -> list[Place]:
    """The machine in each environment that something was measured in; none if nothing was. They
    are the same of each metric, and in the same order.

    asv's results are times, and count where no sweep has the series. Raises ObservationsError or
    AcceptedError.
    """
    return _of_metric(project, machine, metric, *_measured(project, machine, rule))


def _measured(project: Project, machine: str, rule: Rule) -> tuple[Analysis, pl.DataFrame]:
    """The analysis of a machine, and the points (_MEASURED) of all metrics and environments."""
    any_swept = any(directory(project.results, machine).glob("*.parquet"))
    swept = analysed(project.swept, machine, rule) if any_swept else NOTHING
    points = _points(swept.series, numbers(project.stored(machine)), project.controls)
    if unknown := set(points["release"]) - set(project.order):
        raise ObservationsError(
            f"The lock file does not know {', '.join(sorted(unknown))}, of which there are results "
            f"of {machine}: `mlx-asv releases update` refreshes it."
        )
    return swept, points


def _of_metric(
    project: Project, machine: str, metric: Metric, swept: Analysis, points: pl.DataFrame
) -> list[Place]:
    """What one metric says of each environment."""
    found = [
        _place(project, machine, str(environment), metric, swept, of_it)
        for (environment,), of_it in points.sort("environment").group_by(
            "environment", maintain_order=True
        )
    ]
    if len(found) > 1:
        return [replace(each, id=file_name(f"{machine} {each.environment}")) for each in found]
    return found


def _place(
    project: Project,
    machine: str,
    environment: str,
    metric: Metric,
    swept: Analysis,
    points: pl.DataFrame,
) -> Place:
    """Of the points of all metrics in one environment."""
    measured = set(points.filter(~pl.col("control"))["release"])
    here, of_it = pl.col("environment") == environment, pl.col("metric") == metric.name
    return Place(
        id=file_name(machine),
        machine=machine,
        environment=environment,
        described=_described(project.results / machine / "machine.json"),
        metric=metric,
        releases=[tag for tag in project.order if tag in measured],
        axes=_axes(project, swept.cases.filter(here)),
        points=_in_order(points.filter(of_it).select(list(POINTS)), project.order),
        verdicts=published(swept.verdicts.filter(here, of_it)),
        suite=swept.suite.filter(here, of_it),
        twins=twins(swept.series.filter(here, of_it), metric),
        speedups=swept.speedups.filter(here),
        sweeps=swept.sweeps.filter(here),
        readings=swept.readings.filter(here),
        absolute=swept.absolute.filter(here, of_it),
        exactness=swept.exactness.filter(here),
    )


def _axes(project: Project, cases: pl.DataFrame) -> dict[tuple[str, str], Axes]:
    """Of the suite's cases, and of those that were swept: what was written down then counts."""
    known = cases.drop_nulls("axes").select("benchmark", "case", "axes")
    swept = {(name, case): Axes.from_json(axes) for name, case, axes in known.iter_rows()}
    return {**project.axes, **swept}


def _points(series: pl.DataFrame, stored: pl.DataFrame, controls: frozenset[str]) -> pl.DataFrame:
    """_MEASURED, all of it: what was swept, and asv's times of other series."""
    own = _swept_points(series)
    judged = own["environment"].unique().to_list()
    rest = _stored_points(stored).join(own, on=("environment", "metric", *SERIES), how="anti")
    # Where nothing but controls was measured, they are what there is to see.
    alone = pl.col("control").all().over("environment") & ~pl.col("environment").is_in(judged)
    marked = rest.with_columns(control=pl.col("backend").is_in(list(controls)))
    return pl.concat([own, marked.with_columns(control=pl.col("control") & ~alone)])


def _swept_points(series: pl.DataFrame) -> pl.DataFrame:
    """Those of releases and controls; a bound that nothing is known of is null."""
    return (
        series.filter(pl.col("role") != "twin")
        .with_columns(
            *(pl.when(measurable(name)).then(name).alias(name) for name in ("low", "high")),
            control=pl.col("role") == "control",
            source=pl.lit(SWEEP, pl.String()),
        )
        .select(pl.col(name).cast(kind) for name, kind in _MEASURED.items())
    )


def _stored_points(stored: pl.DataFrame) -> pl.DataFrame:
    """Of asv: one run of each release, no replicates, hence no interval."""
    nothing = dict.fromkeys(("low", "high", "replicates"))
    return stored.with_columns(
        metric=pl.lit(TIME.name),
        control=pl.lit(False),
        raw=pl.col("value"),
        source=pl.lit(ASV, pl.String()),
        **{name: pl.lit(value) for name, value in nothing.items()},
    ).select(pl.col(name).cast(kind) for name, kind in _MEASURED.items())


def _in_order(points: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    rank = pl.DataFrame({"release": pl.Series(order, dtype=pl.String)}).with_row_index("position")
    return points.join(rank, on="release").sort(*SERIES, "position").drop("position")


def _described(path: Path) -> Mapping[str, Any]:
    """asv's description of a machine; nothing if there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
