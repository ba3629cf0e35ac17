"""The benchmarks of a suite as asv has found them: its cases, and those that are selected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlx_asv.axes import Axes, combinations
from mlx_asv.job import Case

from .errors import SuiteError

#: Seconds a benchmark may take to load when it does not say.
DEFAULT_TIMEOUT = 60.0


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

    def every(self) -> list[Case]:
        """Every case of every time benchmark, selected or not."""
        return [
            case
            for name, benchmark in self.benchmarks.items()
            if benchmark["type"] == "time"
            for case in self._cases_of(name, benchmark, None, set())
        ]

    def selected(self, backends: Sequence[str] = ()) -> list[Case]:
        """The cases of the time benchmarks that the patterns select, on `backends` (all if empty).

        Raises SuiteError for a backend that there is not, and where nothing is selected.
        """
        known = {backend for case in self.every() for backend in case.backends}
        if unknown := set(backends) - known:
            raise SuiteError(
                f"There is no backend {', '.join(sorted(unknown))}: "
                f"choose from {', '.join(sorted(known - {''})) or 'none'}."
            )
        selection = self.found.benchmark_selection
        cases = [
            case
            for name, benchmark in self.found.items()
            if benchmark["type"] == "time"
            for case in self._cases_of(name, benchmark, selection[name], set(backends))
        ]
        if not cases:
            raise SuiteError(
                "No time benchmark matches "
                + (" and ".join([*self.patterns, *backends]) or "in this suite")
                + ": `asv run --bench just-discover` lists them in results/benchmarks.json."
            )
        return cases

    def _cases_of(
        self,
        name: str,
        benchmark: Mapping[str, Any],
        selection: Sequence[int] | None,
        backends: set[str],
    ) -> list[Case]:
        timeout = float(benchmark.get("timeout") or DEFAULT_TIMEOUT)
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
