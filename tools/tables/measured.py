"""What was measured here, from asv's result files, as the rows of one table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from tools.asv_edge.commands import Point

from .build import Times
from .model import TableError
from .models import model_label, model_times
from .operations import operation_times

#: The method that is timed for a row.
METHOD = "time_forward"
#: The family of benchmarks that are models; the others are operations.
MODELS = "models"

#: Of a case of a benchmark: backend -> release -> milliseconds.
_Series = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Measured:
    """One release on one machine and environment.

    `borrowed`: controls that were measured beside another release, and beside which: they do not
    change with the release of MLX. `missing`: cases that have no number on any backend.
    """

    machine: str
    environment: str
    release: str
    operations: tuple[Times, ...]
    models: tuple[Times, ...]
    borrowed: Mapping[str, str]
    missing: int


def measured(
    points: Sequence[Point],
    order: Sequence[str],
    controls: Collection[str],
    release: str | None = None,
    environment: str | None = None,
) -> Measured:
    """The times of one `release` (the newest if left out) among the points of one machine.

    `order`: all releases, oldest first. `environment`: a part of its name, needed where several
    have results of the release. Raises TableError.
    """
    found = [point for point in points if len(point.params) == 2 and _is_row(point.benchmark)]
    here = [each for each in found if environment is None or environment in each.environment]
    own = [
        point for point in here if point.params[1] not in controls and _milliseconds(point)
    ]
    releases = {point.release for point in own}
    chosen = release or next((tag for tag in reversed(order) if tag in releases), None)
    if chosen is None or chosen not in releases:
        raise TableError(_none(here, chosen, [tag for tag in order if tag in releases]))
    environments = sorted({point.environment for point in own if point.release == chosen})
    if len(environments) > 1:
        raise TableError(
            f"{chosen} was measured in several environments, {', '.join(environments)}: "
            "--environment and a part of the name chooses one."
        )
    series: dict[tuple[str, str], _Series] = {}
    for point in here:
        if point.environment == environments[0]:
            case, backend = point.params
            of_case = series.setdefault((point.benchmark, case), {})
            if milliseconds := _milliseconds(point):
                of_case.setdefault(backend, {})[point.release] = milliseconds
    borrowed: dict[str, str] = {}
    rows: dict[bool, list[Times]] = {True: [], False: []}
    missing = 0
    for (benchmark, case), backends in series.items():
        row = {}
        for backend, by_release in backends.items():
            if chosen in by_release:
                row[backend] = by_release[chosen]
            elif backend in controls and (
                other := next((tag for tag in reversed(order) if tag in by_release), None)
            ):
                row[backend] = by_release[other]
                borrowed[backend] = other
        if not row:
            missing += 1
        elif (named := _named(benchmark, case, row)) is not None:
            rows[_is_model(benchmark)].append(named)
    return Measured(
        own[0].machine,
        environments[0],
        chosen,
        tuple(rows[False]),
        tuple(rows[True]),
        borrowed,
        missing,
    )


def notes(found: Measured) -> list[str]:
    """What a reader of a table must know."""
    said = [f"measured here: {found.machine}, {found.release}, {found.environment}"]
    beside: dict[str, list[str]] = {}
    for backend, release in found.borrowed.items():
        beside.setdefault(release, []).append(backend)
    said += [
        f"{', '.join(backends)}: measured beside {release}, and no part of MLX"
        for release, backends in beside.items()
    ]
    if found.missing:
        said.append(f"left out: {found.missing} cases that were measured on no backend")
    return said


def _is_row(benchmark: str) -> bool:
    parts = benchmark.split(".")
    return len(parts) >= 3 and parts[-1] == METHOD


def _is_model(benchmark: str) -> bool:
    return benchmark.split(".")[0] == MODELS


def _named(benchmark: str, case: str, row: dict[str, float]) -> Times | None:
    """A row; None if the benchmark is neither an operation on shapes nor a model."""
    name = benchmark.split(".")[-2]
    try:
        if _is_model(benchmark):
            return model_times(model_label(name, case), row)
        return operation_times(name, case, row)
    except ValueError:
        return None


def _milliseconds(point: Point) -> float | None:
    """None if it was skipped or failed."""
    if point.seconds is None or isnan(point.seconds):
        return None
    return point.seconds * 1e3


def _none(points: Sequence[Point], release: str | None, releases: Sequence[str]) -> str:
    if not points or not releases:
        return "There are no results of operations or models: `mlx-asv sweep` makes them."
    return f"{release} was not measured there: there are {', '.join(releases)}."
