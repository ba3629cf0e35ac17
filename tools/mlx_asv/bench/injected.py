"""Table 3: slowdowns of a known size, and what the sweep makes of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import expm1, log
from pathlib import Path

import numpy as np
import polars as pl
from rich.table import Table

from mlx_asv.axes import Axes
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.context import Context
from mlx_asv.job import Case
from mlx_asv.known import suite
from mlx_asv.known.suite.kernels import EXTRA_VARIABLE, Kernel
from mlx_asv.metric import TIME

from .agenda import Agenda
from .report import Goal, percent, share, table
from .subjects import BACKEND
from .sweep_side import sweep

SUITE = Path(suite.__file__).parent

#: What each kernel is limited by.
LIMITS = {
    "matmul 48x48": "compute",
    "sigmoid 4096": "compute",
    "relu 262144": "memory",
    "sum 65536": "memory",
    "add 1": "dispatch",
}

#: True slowdowns; 0 is the reference's twin.
EXTRAS = (0.02, 0.05, 0.10, 0.20)

#: An estimate of `GOAL_EXTRA` may be off by so much.
GOAL_EXTRA, GOAL_ERROR = 0.05, 0.015

#: The sweep's own default.
TARGET = 0.01

#: Wall seconds that a block set of all arms takes, at most; what a sweep has left of them goes
#: to the arms whose interval is still wider than `TARGET`, as in any sweep.
SET_SECONDS = 5.0

#: Seconds that loading a kernel may take.
LOADING_LIMIT = 60.0

NOTES = """\
Truth: inside the timed call the kernel is called 100 times, or 102, 105, 110 or 120 times. 0 is the
reference's twin. Each column is a sweep of its own, with another order and other processes.
error: in points, the largest of the row. rms: root mean square of the errors. covers: 95 %
intervals that contain the truth. excludes 0: those that say that there is a difference."""


@dataclass(frozen=True)
class Found:
    """What a sweep found of an injected slowdown; logs of ratios, `extra` as a share."""

    sweep: int
    kernel: str
    extra: float
    effect: float
    low: float
    high: float
    replicates: int

    @property
    def error(self) -> float:
        """How far off, in parts of one: 0.01 is a point."""
        return expm1(self.effect) - self.extra

    @property
    def covers(self) -> bool:
        """Whether the interval contains the truth."""
        return self.low <= log(1 + self.extra) <= self.high


def kernel_cases(kernels: Sequence[str]) -> list[Case]:
    """The cases of our own suite."""
    (every,) = Kernel.params
    return [
        Case(
            "kernels.Kernel.time_calls",
            "1",
            Axes.of(kernel=kernel),
            LOADING_LIMIT,
            {BACKEND: every.index(kernel)},
        )
        for kernel in kernels
    ]


def environs(
    release: str, environ: Mapping[str, str], extras: Sequence[float]
) -> dict[str, dict[str, str]]:
    """The release, and as many others that are slower by `extras`, by name."""
    slower = {f"{release} +{extra:.0%}": f"{extra:g}" for extra in extras}
    return {
        release: {**environ},
        **{name: {**environ, EXTRA_VARIABLE: extra} for name, extra in slower.items()},
    }


def expected(kernels: int, replicates: int) -> dict[str, float]:
    """Seconds that a sweep may take."""
    return {"injected": SET_SECONDS * kernels * replicates}


def measure(
    context: Context,
    release: str,
    environ: Mapping[str, str],
    *,
    kernels: Sequence[str],
    extras: Sequence[float],
    replicates: int,
    sweeps: int,
    agenda: Agenda,
) -> tuple[list[Found], list[str]]:
    """Sweep the kernels `sweeps` times; what was found, and what could not be measured."""
    found: list[Found] = []
    lost: list[str] = []
    arms = environs(release, environ, extras)
    true = dict(zip(arms, (0.0, *extras), strict=True))
    (seconds,) = expected(len(kernels), replicates).values()
    for number in range(sweeps):
        with agenda.step("injected", f"injected slowdowns, sweep {number + 1} of {sweeps}"):
            result = sweep(
                context,
                kernel_cases(kernels),
                arms,
                replicates=replicates,
                target=TARGET,
                budget=seconds,
                directory=str(SUITE),
            )
        lost += result.lost
        table = effects(life_levels(result.observations, TIME)).filter(
            pl.col("role") != "reference"
        )
        for row in table.iter_rows(named=True):
            estimate = row["effect"], row["low"], row["high"]
            found.append(
                Found(number, row["case"], true[row["release"]], *estimate, row["replicates"])
            )
    return found, lost


def rows(found: Sequence[Found]) -> list[list[str]]:
    """A row for each kernel and true size, a cell for each sweep."""
    cells: defaultdict[tuple[str, float], dict[int, Found]] = defaultdict(dict)
    for each in found:
        cells[each.kernel, each.extra][each.sweep] = each
    sweeps = sorted({each.sweep for each in found})
    shown: list[list[str]] = []
    for kernel in dict.fromkeys(each.kernel for each in found):
        if shown:
            shown.append([])
        for extra in sorted({each.extra for each in found}):
            mine = cells.get((kernel, extra), {})
            worst = max((abs(each.error) for each in mine.values()), default=0.0)
            names = kernel, LIMITS.get(kernel, ""), f"{extra:.0%}".rstrip("%")
            estimates = [_cell(mine[s]) if s in mine else "-" for s in sweeps]
            shown.append([*names, *estimates, f"{100 * worst:.1f}"])
    return shown


def summary_rows(found: Sequence[Found]) -> list[list[str]]:
    """A row for each true size, over kernels and sweeps."""
    shown = []
    for extra in sorted({each.extra for each in found}):
        mine = [each for each in found if each.extra == extra]
        errors = np.array([each.error for each in mine])
        excludes = sum(each.low > 0 or each.high < 0 for each in mine)
        shown.append(
            [
                f"{extra:.0%}".rstrip("%"),
                str(len(mine)),
                f"{100 * float(np.abs(errors).max()):.2f}",
                f"{100 * float(np.sqrt(np.mean(errors**2))):.2f}",
                f"{100 * float(errors.mean()):+.2f}",
                share(sum(each.covers for each in mine), len(mine)),
                share(excludes, len(mine)),
            ]
        )
    return shown


def tables(found: Sequence[Found]) -> list[Table]:
    """The estimates, and their summary."""
    sweeps = sorted({each.sweep for each in found})
    names = [f"sweep {number + 1}: % [95 %]" for number in sweeps]
    return [
        table(
            "3. Injected slowdowns",
            ["kernel", "limit", "true %", *names, "error"],
            rows(found),
            left=2,
        ),
        table(
            "Errors by true size, in points",
            ["true %", "estimates", "largest", "rms", "mean", "covers", "excludes 0"],
            summary_rows(found),
            left=0,
        ),
    ]


def goals(found: Sequence[Found]) -> list[Goal]:
    """Every estimate of the size in question is as near as it should be."""
    errors = [abs(each.error) for each in found if abs(each.extra - GOAL_EXTRA) < 1e-9]
    near = sum(error <= GOAL_ERROR for error in errors)
    return [
        Goal(
            f"{GOAL_EXTRA:.0%} estimated as {GOAL_EXTRA:.0%} ± {GOAL_ERROR:.1%}".replace("%", " %"),
            bool(errors) and near == len(errors),
            f"largest error {100 * max(errors, default=0.0):.2f} points, "
            f"{share(near, len(errors))} within",
        )
    ]


def figures(found: Sequence[Found], lost: Sequence[str]) -> dict[str, object]:
    """All of it, for JSON."""
    return {"estimates": [{**asdict(each), "error": each.error} for each in found], "lost": lost}


def _cell(found: Found) -> str:
    return f"{percent(found.effect)} [{percent(found.low)}, {percent(found.high)}]"
