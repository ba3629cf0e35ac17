"""Histories of which the truth is known: their releases, their cases, and what is true of them."""

from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path

import polars as pl

from mlx_asv.axes import Axes
from mlx_asv.job import Case
from mlx_asv.known import suite
from mlx_asv.known.suite.histories import (
    POSITION_VARIABLE,
    RELEASES,
    History,
    calls,
    scenarios,
)

SUITE = Path(suite.__file__).parent
BENCHMARK = "histories.History.time_calls"

#: The releases' names, oldest first.
ORDER = tuple(f"v{position + 1}" for position in range(RELEASES))

#: A row of `truth`.
TRUTH = pl.Schema(
    {
        **{name: pl.String() for name in ("case", "kind")},
        "size": pl.Float64(),
        **{name: pl.Int64() for name in ("at", "position")},
        **{name: pl.String() for name in ("before", "after")},
        "true": pl.Float64(),
    }
)

#: Seconds that loading a kernel may take.
LOADING_LIMIT = 60.0


def releases(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The environments of the releases' processes: one build, told which of them it is."""
    return {
        name: {**environ, POSITION_VARIABLE: str(position)} for position, name in enumerate(ORDER)
    }


def cases(kinds: Sequence[str], kernels: Sequence[str] | None = None) -> list[Case]:
    """The cases whose scenario is of one of these kinds (equal, step, blip, drift)."""
    every, names = History.params
    return [
        Case(
            BENCHMARK,
            History.version,
            _axes(kernel, scenario),
            LOADING_LIMIT,
            {"": number * len(names) + index},
        )
        for number, kernel in enumerate(every)
        for index, scenario in enumerate(names)
        if scenario.split()[0] in kinds and (kernels is None or kernel in kernels)
    ]


def truth() -> pl.DataFrame:
    """What is true of each step of each case: a row for each release but the first.

    `case`, `kind`, `size` (a part), `at` (the position of the release of a step or blip),
    `position` (of the later release), `before`, `after` (labels), and `true`: log(after / before).
    """
    rows = []
    for kernel in History.params[0]:
        for scenario in scenarios():
            kind, *words = scenario.split()
            size = float(words[0].rstrip("%")) / 100 if kind != "equal" else 0.0
            at = int(words[-1]) if kind in ("step", "blip") else None
            for position in range(1, RELEASES):
                step = log(calls(scenario, position) / calls(scenario, position - 1))
                names = ORDER[position - 1], ORDER[position]
                case = _axes(kernel, scenario).label
                rows.append((case, kind, size, at, position, *names, step))
    return pl.DataFrame(rows, schema=TRUTH, orient="row")


def _axes(kernel: str, scenario: str) -> Axes:
    """The axes of a case."""
    return Axes(zip(History.param_names, map(repr, (kernel, scenario)), strict=True))
