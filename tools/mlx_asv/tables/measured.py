"""What was measured here, from asv's result files, as the rows of one table."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import polars as pl

from mlx_asv.facts import CaseFacts

from .build import Times
from .model import TableError
from .rows import OPERATIONS, row_label

#: What a suite says of a benchmark's case, by its label.
Describe = Callable[[str, str], CaseFacts | None]

#: Benchmark and case.
_Subject = tuple[str, str]


@dataclass(frozen=True)
class Measured:
    """One release on one machine and environment.

    `borrowed`: controls that were measured beside another release, and beside which: they do not
    change with the release of MLX. `missing`: cases that have no number on any backend.
    """

    machine: str
    environment: str
    release: str
    rows: tuple[Times, ...]
    borrowed: Mapping[str, str]
    missing: int


class History:
    """All results of operations, or of models, on one machine.

    `stored`: its results, with the columns of STORED. `order`: all releases, oldest first; of
    others nothing is shown. `controls`: backends that do not change with the release. `describe`:
    what the suite says of a case of a benchmark. `table`: OPERATIONS or MODELS.
    """

    def __init__(
        self,
        stored: pl.DataFrame,
        order: Sequence[str],
        controls: Collection[str],
        describe: Describe,
        table: str = OPERATIONS,
    ) -> None:
        self.machine = stored["machine"][0] if stored.height else ""
        self._order = order
        self._controls = controls
        self._table = table
        #: Environment -> subject -> backend -> release -> milliseconds.
        self._found: dict[str, dict[_Subject, dict[str, dict[str, float]]]] = {}
        self._releases: dict[str, list[str]] = {}
        cases = stored.select("benchmark", "case").unique()
        described = {subject: describe(*subject) for subject in cases.iter_rows()}
        self._labels = {
            subject: row_label(case)
            for subject, case in described.items()
            if case is not None and case.table == table
        }
        columns = ("environment", "benchmark", "case", "backend", "release", "value")
        known = stored.filter(pl.col("release").is_in(list(order))).select(columns)
        for environment, benchmark, case, backend, release, seconds in known.iter_rows():
            if (subject := (benchmark, case)) in self._labels:
                of_case = self._found.setdefault(environment, {}).setdefault(subject, {})
                if seconds is not None and not isnan(seconds):
                    of_case.setdefault(backend, {})[release] = seconds * 1e3

    def releases(self, environment: str) -> list[str]:
        """The releases of which there is a number that is no control's, oldest first."""
        if environment not in self._releases:
            self._releases[environment] = self._measured(environment)
        return self._releases[environment]

    def _measured(self, environment: str) -> list[str]:
        own = {
            release
            for backends in self._found[environment].values()
            for backend, by_release in backends.items()
            if backend not in self._controls
            for release in by_release
        }
        return [release for release in self._order if release in own]

    def environments(self, release: str | None = None, part: str | None = None) -> list[str]:
        """The environments with results of a release (None: of any) and `part` in their names."""
        return [
            name
            for name in sorted(self._found)
            if (part is None or part in name)
            and (release in self.releases(name) if release else self.releases(name))
        ]

    def at(self, release: str | None = None, environment: str | None = None) -> Measured:
        """The rows of a release, the newest if left out. Raises TableError.

        `environment`: a part of its name, needed where several have results of the release.
        """
        known = [r for name in self.environments(None, environment) for r in self.releases(name)]
        if not known:
            raise TableError(f"There are no results of {self._table}: `mlx-asv sweep` makes them.")
        releases = [tag for tag in self._order if tag in known]
        chosen = release or releases[-1]
        if chosen not in releases:
            raise TableError(
                f"{chosen} was not measured on {self.machine}: there are {', '.join(releases)}."
            )
        environments = self.environments(chosen, environment)
        if len(environments) > 1:
            raise TableError(
                f"{chosen} was measured in several environments, {', '.join(environments)}: "
                "--environment and a part of the name chooses one."
            )
        return self._at(chosen, environments[0])

    def _at(self, release: str, environment: str) -> Measured:
        rows = []
        borrowed: dict[str, str] = {}
        missing = 0
        for subject, backends in self._found[environment].items():
            row = {}
            for backend, by_release in backends.items():
                if release in by_release:
                    row[backend] = by_release[release]
                elif backend in self._controls:
                    latest = next(tag for tag in reversed(self._order) if tag in by_release)
                    row[backend] = by_release[latest]
                    borrowed[backend] = latest
            label = self._labels[subject]
            if label is not None and row:
                rows.append(Times.of(label, row))
            missing += label is not None and not row
        return Measured(self.machine, environment, release, tuple(rows), borrowed, missing)


def notes(found: Measured) -> list[str]:
    """The notes below a table."""
    said = [f"measured here: {found.machine}, {found.release}, {found.environment}"]
    beside: dict[str, list[str]] = {}
    for backend, release in found.borrowed.items():
        beside.setdefault(release, []).append(backend)
    said += [
        f"{', '.join(backends)}: measured beside {release}, and no part of MLX"
        for release, backends in beside.items()
    ]
    if found.missing:
        said.append(f"left out: cases that were measured on no backend, {found.missing}")
    return said
