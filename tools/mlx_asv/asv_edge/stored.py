"""What lies in the results directory, as asv reads it: frames for the pages."""

from collections import defaultdict
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import polars as pl
from asv.benchmarks import Benchmarks
from asv.results import iter_results
from asv.util import UserError

from mlx_asv.analysis.results import Results
from mlx_asv.axes import Combination, Name, combinations
from mlx_asv.releases.lock import Lock

from .conf import directory_of, load_conf
from .repo import PyPIReleases, load_lock
from .suite import SuiteError

#: A stored value: seconds per call, of `asv run` or, calibrated, of a sweep.
STORED = pl.Schema(
    {
        **dict.fromkeys(("environment", "benchmark", "version"), pl.String()),
        **dict.fromkeys(("case", "backend", "release"), pl.String()),
        "seconds": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Project:
    """A suite as far as its results are concerned: nothing of it is installed or run.

    `suite`: the directory of its benchmarks. `results`, `calibration`: where results and
    calibration reports lie. `state`: where what can be made again is kept. `html`: where asv
    publishes. `controls`: backends that do not change with the release. `conf`: asv's
    configuration. All paths are absolute.
    """

    title: str
    suite: Path
    lock: Lock
    results: Path
    state: Path
    html: Path
    calibration: Path
    controls: frozenset[str]
    conf: Any

    @classmethod
    def here(cls) -> "Project":
        """That of asv.conf.json in the current directory; raises SuiteError."""
        try:
            return cls.of(load_conf(Path.cwd()))
        except ValueError as error:
            raise SuiteError(f"asv.conf.json cannot be read: {error}.") from error
        except UserError as error:
            raise SuiteError(str(error)) from error

    @classmethod
    def of(cls, conf: Any) -> "Project":
        """That of asv's configuration, whose paths are absolute; raises UserError, SuiteError."""
        directory = directory_of(conf)
        if not PyPIReleases.url_match(conf.repo):
            raise SuiteError('Results need "repo": "pypi:PACKAGE" in asv.conf.json to be read.')
        return cls(
            title=conf.project,
            suite=Path(conf.benchmark_dir),
            lock=load_lock(conf.repo, directory),
            results=Path(conf.results_dir),
            state=Path(conf.env_dir).parent,
            html=Path(conf.html_dir),
            calibration=directory / "docs/calibration",
            controls=frozenset(getattr(conf, "sweep", {}).get("controls", ())),
            conf=conf,
        )

    @property
    def order(self) -> list[str]:
        """All releases, oldest first."""
        return [release.tag for release in self.lock.releases]

    @property
    def swept(self) -> Results:
        """What the analysis takes of the project."""
        return Results(self.results, self.state, self.order)

    def combinations(self) -> dict[str, list[Combination]]:
        """Every combination of every time benchmark, in the suite's order; empty if asv has
        written no benchmarks.json yet."""
        try:
            benchmarks: Any = Benchmarks.load(self.conf)
        except UserError:
            return {}
        backend = getattr(self.conf, "sweep", {}).get("backend")
        return {
            name: list(combinations(benchmark, backend))
            for name, benchmark in benchmarks.items()
            if benchmark["type"] == "time"
        }

    def names(self) -> dict[tuple[str, str, str], Name]:
        """asv's name of each (benchmark, case, backend)."""
        return {
            (each.name.benchmark, each.axes.label, each.backend): each.name
            for of_it in self.combinations().values()
            for each in of_it
        }

    def labels(self) -> dict[str, list[tuple[str, str]]]:
        """Case and backend of every combination, likewise."""
        return {
            name: [(each.axes.label, each.backend) for each in of_it]
            for name, of_it in self.combinations().items()
        }

    def cases(self) -> dict[tuple[str, str], int]:
        """The place of each (benchmark, case) in the suite."""
        found = ((name, case) for name, of_it in self.labels().items() for case, _ in of_it)
        return {case: number for number, case in enumerate(dict.fromkeys(found))}

    def stored(self, machine: str) -> pl.DataFrame:
        """Every number in a machine's asv results: STORED; none of a benchmark's older versions."""
        known = self.labels()
        if not known:
            return pl.DataFrame(schema=STORED)
        benchmarks: Any = Benchmarks.load(self.conf)
        columns: defaultdict[str, list[Any]] = defaultdict(list)
        for results in iter_results(str(self.results / machine)):
            for name in sorted(results.get_result_keys(benchmarks) & known.keys()):
                values = results.get_result_value(name, benchmarks[name]["params"])
                found = [
                    (case, backend, value)
                    for (case, backend), value in zip(known[name], values, strict=True)
                    if value is not None and not isnan(value)
                ]
                columns["environment"] += [results._env_name] * len(found)
                columns["benchmark"] += [name] * len(found)
                columns["version"] += [str(benchmarks[name]["version"])] * len(found)
                columns["release"] += [results.commit_hash] * len(found)
                columns["case"] += [case for case, _, _ in found]
                columns["backend"] += [backend for _, backend, _ in found]
                columns["seconds"] += [value for _, _, value in found]
        return pl.DataFrame({name: columns[name] for name in STORED}, schema=STORED)
