"""The benchmarks of a suite as asv has found them: its cases, and those that are selected."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlx_asv.axes import Axes, Name, combinations
from mlx_asv.job import Case
from mlx_asv.metric import tracked

from .errors import NothingSelected, SuiteError

#: What has a value of its own in asv's results of a release: benchmark, case, backend.
Place = tuple[str, str, str]

#: Seconds a benchmark may take to load when it does not say.
DEFAULT_TIMEOUT = 60.0


@dataclass(frozen=True)
class Kind:
    """A kind of benchmarks: what a person calls one, and whether asv's description is of one."""

    called: str
    has: Callable[[Mapping[str, Any]], bool]


def _is_tracked(benchmark: Mapping[str, Any]) -> bool:
    return benchmark["type"] == "track" and tracked(Name(benchmark["name"]).method) is not None


TIMED = Kind("time benchmark", lambda benchmark: benchmark["type"] == "time")
TRACKED = Kind("benchmark that tracks a metric", _is_tracked)


@dataclass(frozen=True)
class Listing:
    """What asv has found, and what of it the user's patterns select.

    `found`: asv's Benchmarks. `parameter`: the one that is the backend. `patterns`: what the user
    has selected with.
    """

    found: Any
    parameter: str | None
    patterns: Sequence[str] = ()

    @property
    def benchmarks(self) -> Mapping[str, Any]:
        """asv's description of every benchmark of the suite, by name, selected or not."""
        return dict(self.found._all_benchmarks)

    def every(self, kind: Kind = TIMED) -> list[Case]:
        """Every case of every benchmark of a kind, selected or not."""
        return [
            case
            for name, benchmark in self.benchmarks.items()
            if kind.has(benchmark)
            for case in self._cases_of(name, benchmark, None, set())
        ]

    def selected(self, backends: Sequence[str] = (), kind: Kind = TIMED) -> list[Case]:
        """The cases of the benchmarks of a kind that the patterns select, on `backends` (all if
        empty).

        Raises SuiteError for a backend that there is not, and where nothing is selected.
        """
        known = {backend for case in self.every(kind) for backend in case.backends}
        if unknown := set(backends) - known:
            raise SuiteError(
                f"There is no backend {', '.join(sorted(unknown))}: "
                f"choose from {', '.join(sorted(known - {''})) or 'none'}."
            )
        selection = self.found.benchmark_selection
        cases = [
            case
            for name, benchmark in self.found.items()
            if kind.has(benchmark)
            for case in self._cases_of(name, benchmark, selection[name], set(backends))
        ]
        if not cases:
            raise NothingSelected(
                f"No {kind.called} matches "
                + (" and ".join([*self.patterns, *backends]) or "in this suite")
                + ": `asv run --bench just-discover` lists them in results/benchmarks.json."
            )
        return cases

    def places(self) -> dict[Place, int]:
        """Where each time benchmark's case on a backend is among the benchmark's combinations."""
        return {
            (case.benchmark, case.label, backend): index or 0
            for case in self.every()
            for backend, index in case.backends.items()
        }

    def names(self) -> dict[Place, Name]:
        """asv's name of each time benchmark's case on a backend."""
        return {
            (name, each.axes.label, each.backend): each.name
            for name, benchmark in self.benchmarks.items()
            if TIMED.has(benchmark)
            for each in combinations(benchmark, self.parameter)
        }

    def names_of_others(self, controls: frozenset[str]) -> list[str]:
        """asv's names of all that the patterns select and no sweep measures: combinations of
        benchmarks that are not timed, and of cases on `controls` alone."""
        selection = self.found.benchmark_selection
        swept = {case.subject for case in self.selected() if not controls.issuperset(case.backends)}
        return [
            str(each.name)
            for name, benchmark in self.found.items()
            for index, each in enumerate(combinations(benchmark, self.parameter))
            if (selection[name] is None or index in selection[name])
            and not (TIMED.has(benchmark) and (name, each.axes.label) in swept)
        ]

    def of_no_metric(self) -> dict[str, int]:
        """The tracking benchmarks that the patterns select and no metric has: how many have each
        name of a method."""
        methods = (
            Name(name).method
            for name, benchmark in self.found.items()
            if benchmark["type"] == "track" and not TRACKED.has(benchmark)
        )
        return dict(Counter(methods))

    def _cases_of(
        self,
        name: str,
        benchmark: Mapping[str, Any],
        selection: Sequence[int] | None,
        backends: set[str],
    ) -> list[Case]:
        timeout = _timeout(benchmark)
        found: dict[Axes, dict[str, int | None]] = {}
        for index, each in enumerate(combinations(benchmark, self.parameter)):
            if selection is not None and index not in selection:
                continue
            if not backends or each.backend in backends:
                here = index if benchmark["params"] else None
                found.setdefault(each.axes, {})[each.backend] = here
        return [
            Case(name, benchmark["version"], axes, timeout, backends)
            for axes, backends in found.items()
        ]


def _timeout(benchmark: Mapping[str, Any]) -> float:
    """Seconds that loading a case may take: where it has a `setup_cache`, making that, too."""
    own = float(benchmark.get("timeout") or DEFAULT_TIMEOUT)
    if not benchmark.get("setup_cache_key"):
        return own
    return own + float(benchmark.get("setup_cache_timeout") or own)
