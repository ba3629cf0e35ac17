"""What lies in the results directory, as asv reads it: one frame for whoever needs numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from asv.benchmarks import Benchmarks
from asv.results import iter_results
from asv.util import UserError

from mlx_asv.analysis.results import Results
from mlx_asv.axes import Axes, Combination, Name, combinations
from mlx_asv.facts import CaseFacts, Facts, FactsError
from mlx_asv.releases.lock import Lock

from .conf import directory_of, load_conf
from .listing import TIMED, TRACKED, Kind
from .repo import PyPIReleases, load_lock
from .suite import SuiteError

#: A stored value of `asv run` or, calibrated, of a sweep. `axes`: JSON. `name`: asv's of the
#: combination, as `-b` is matched with. `value`: seconds per call; nan: skipped, null: failed.
STORED = pl.Schema(
    {
        **dict.fromkeys(("machine", "environment", "benchmark", "version"), pl.String()),
        **dict.fromkeys(("case", "axes", "backend", "name", "release"), pl.String()),
        "value": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Project:
    """A suite as far as its results are concerned: nothing of it is installed or run.

    `suite`: the directory of its benchmarks. `results`, `calibration`: where results and
    calibration reports lie. `state`: where what can be made again is kept. `html`: where asv
    publishes. `facts`: what the suite says of itself. `conf`: asv's configuration. All paths are
    absolute.
    """

    title: str
    suite: Path
    lock: Lock
    results: Path
    state: Path
    html: Path
    calibration: Path
    facts: Facts
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
        facts = Facts(Path(conf.benchmark_dir), getattr(conf, "sweep", {}))
        try:
            facts.controls  # noqa: B018 - what cannot be read is said now
        except FactsError as error:
            raise SuiteError(str(error)) from error
        return cls(
            title=conf.project,
            suite=Path(conf.benchmark_dir),
            lock=load_lock(conf.repo, directory),
            results=Path(conf.results_dir),
            state=Path(conf.env_dir).parent,
            html=Path(conf.html_dir),
            calibration=directory / "docs/calibration",
            facts=facts,
            conf=conf,
        )

    @property
    def order(self) -> list[str]:
        """All releases, oldest first."""
        return [release.tag for release in self.lock.releases]

    @property
    def swept(self) -> Results:
        """What the analysis takes of the project."""
        return Results(self.results, self.state, self.order, self.facts)

    @property
    def controls(self) -> frozenset[str]:
        """The backends that do not change with the release."""
        return self.facts.controls

    @property
    def benchmarks(self) -> dict[str, Any]:
        """asv's description of every time benchmark, in the suite's order; empty if asv has written
        no benchmarks.json yet."""
        return self._described(TIMED)

    def _described(self, kind: Kind) -> dict[str, Any]:
        try:
            found: Any = Benchmarks.load(self.conf)
        except UserError:
            return {}
        return {name: each for name, each in found.items() if kind.has(each)}

    def combinations(self) -> dict[str, list[Combination]]:
        """Every combination of every benchmark that is timed or tracked, likewise."""
        backend = getattr(self.conf, "sweep", {}).get("backend")
        listed = {**self.benchmarks, **self._described(TRACKED)}
        return {name: list(combinations(each, backend)) for name, each in listed.items()}

    def describe(self, benchmark: str, case: str) -> CaseFacts | None:
        """What the suite says of the case with this label; None where it says nothing."""
        return self.facts.case(benchmark, self.axes.get((benchmark, case), Axes.of(case=case)))

    @cached_property
    def axes(self) -> Mapping[tuple[str, str], Axes]:
        """Those of each (benchmark, case)."""
        return {
            (name, each.axes.label): each.axes
            for name, of_it in self.combinations().items()
            for each in of_it
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

    def stored(self, machine: str | None = None) -> pl.DataFrame:
        """Every value in asv's results of a machine, or of all: STORED; none of a benchmark's older
        versions."""
        rows = list(self._values(self.results / (machine or ".")))
        return pl.DataFrame(rows, schema=STORED, orient="row")

    def _values(self, directory: Path) -> Iterator[tuple[Any, ...]]:
        benchmarks = self.benchmarks
        # Written once, not again for every release.
        known = {
            name: [(of.axes.label, of.axes.json, of.backend, str(of.name)) for of in of_it]
            for name, of_it in self.combinations().items()
        }
        for results in iter_results(str(directory)) if known else ():
            where, release = (results.params["machine"], results._env_name), results.commit_hash
            for name in sorted(results.get_result_keys(benchmarks) & known.keys()):
                version = str(benchmarks[name]["version"])
                values = results.get_result_value(name, benchmarks[name]["params"])
                for written, value in zip(known[name], values, strict=True):
                    yield (*where, name, version, *written, release, value)


def numbers(stored: pl.DataFrame) -> pl.DataFrame:
    """Without what was skipped or failed."""
    return stored.filter(pl.col("value").is_not_nan())
