"""Series in asv's own result files, so that publish, compare, show and find work on them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf
from typing import Any

import polars as pl
from asv.machine import Machine
from asv.results import Results
from asv.util import UserError

from mlx_asv.metric import TIME

from .listing import Listing
from .suite import Suite, SuiteError

#: A normal distribution's quartile, in parts of the half-width of its 99 % interval.
QUARTILE = 0.6745 / 2.5758


def write_series(
    suite: Suite, listing: Listing, machine: Mapping[str, str], series: pl.DataFrame
) -> list[str]:
    """Put calibrated seconds into the result file of each release; the releases written.

    `series` has a row per (benchmark, case, backend, metric, release) with `value`, `low` and
    `high` of a 99 % interval, and `replicates`; only times are written. A value that a file already
    holds is replaced, all others stay. The interval goes where asv keeps its own, and is what
    `asv compare` decides by; there are no samples, because asv would take them for independent.
    """
    described = Machine()
    described.__dict__.update(machine)
    described.save(str(suite.results))
    benchmarks, positions = listing.benchmarks, listing.places()
    written = []
    for (release,), rows in series.filter(metric=TIME.name).group_by(
        ["release"], maintain_order=True
    ):
        results = _load(suite, machine, str(release))
        by_benchmark: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.iter_rows(named=True):
            by_benchmark[row["benchmark"]].append(row)
        for name, found in by_benchmark.items():
            benchmark = benchmarks.get(name)
            if benchmark is None:
                continue
            mine = [
                (positions[key], row)
                for row in found
                if (key := (name, row["case"], row["backend"])) in positions
                and row["version"] == benchmark["version"]
            ]
            _merge(results, benchmark, mine)
        results.save(str(suite.results))
        written.append(str(release))
    return written


def quartile(seconds: float, bound: float) -> float:
    """The quartile on the side of a 99 % bound; the value itself where the bound is unknown."""
    if not 0 < bound < inf:
        return seconds
    return float(seconds * (bound / seconds) ** QUARTILE)


def _load(suite: Suite, machine: Mapping[str, str], release: str) -> Any:
    environment = suite.environment
    params = {**machine, "python": environment.python, **environment.requirements}
    results = Results(
        params,
        environment.requirements,
        release,
        suite.repo.get_date(release),
        environment.python,
        environment.name,
        environment.env_vars,
    )
    try:
        results.load_data(str(suite.results))
    except UserError as error:
        raise SuiteError(
            f"{error}. Restore it from git, or remove it, and run this again."
        ) from error
    return results


def _merge(results: Any, benchmark: dict[str, Any], rows: list[tuple[int, dict[str, Any]]]) -> None:
    """Replace the values of `rows`; asv has no way to add a value with an interval of its own."""
    name, params = benchmark["name"], benchmark["params"]
    count = 1
    for values in params:
        count *= len(values)
    value: list[float | None] = [None] * count
    stats: list[dict[str, Any] | None] = [None] * count
    same = results.benchmark_version.get(name) == benchmark["version"]
    if same and name in results.get_all_result_keys():
        value = list(results.get_result_value(name, params))
        stats = list(results.get_result_stats(name, params))
    for position, row in rows:
        value[position] = row["value"]
        stats[position] = {
            "ci_99_a": row["low"],
            "ci_99_b": row["high"],
            # Of the estimate: asv shows half of their distance as the error.
            "q_25": quartile(row["value"], row["low"]),
            "q_75": quartile(row["value"], row["high"]),
            "number": 1,
            "repeat": row["replicates"],
        }
    results._results[name] = value
    results._stats[name] = stats
    results._samples[name] = None
    results._benchmark_params[name] = params
    results._benchmark_version[name] = benchmark["version"]
    now = datetime.now(UTC).timestamp() * 1000
    results._started_at[name] = int(now)
    results._duration.pop(name, None)
