"""The figures of one machine, from asv's results of the family ``dispatch``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from mlx_asv.axes import Name, family_of
from mlx_asv.facts import CaseFacts, Facts

FAMILY = "dispatch"

#: (operation, case, backend).
Key = tuple[str, str, str]

#: What a suite says of a benchmark's case, by its label.
Describe = Callable[[str, str], CaseFacts | None]

#: The blog's two products, the smallest there is, and one that is all arithmetic.
PRODUCTS = ("2x2 2x2", "128x30 30x128", "128x128 128x128", "512x512 512x512")

#: What is said of a row, the operation and case it is from, and of how many it is in one call.
OVERHEADS = (
    ("one addition, evaluated", "AddChain", "1 times=1", 1),
    ("each of 10 additions, evaluated together", "AddChain", "1 times=10", 10),
    ("each of 500 additions, evaluated together", "AddChain", "1 times=500", 500),
    ("each of 500 additions, built and not evaluated", "AddGraph", "1 times=500", 500),
    ("compiled function, first call, kernel there", "CompileAgain", "1 times=10", 1),
    ("compiled function, first call, kernel new", "CompileFirst", "1 times=10", 1),
)


class NoFigures(Exception):
    """There are no results to make a page of; says how to get some."""


@dataclass(frozen=True)
class Product:
    """One product of matrices, in seconds: waited for, and as one of many waited for together."""

    latency: float
    throughput: float | None


@dataclass(frozen=True)
class Figures:
    """What a machine measured of a release; of what does not change with it, when it last did.

    `cases`: what the suite says of each (operation, case). `facts`: what it says of backends.
    """

    machine: str
    release: str
    seconds: Mapping[Key, float]
    cases: Mapping[tuple[str, str], CaseFacts]
    facts: Facts

    @property
    def backends(self) -> list[str]:
        """Those with any figure, MLX's first."""
        found = {backend for _, _, backend in self.seconds}
        return sorted(found, key=lambda name: (self.facts.backend(name).control, name))

    def _of(self, operation: str, backend: str) -> list[tuple[CaseFacts, float]]:
        """The cases of an operation, with seconds."""
        return [
            (self.cases[name, case], seconds)
            for (name, case, there), seconds in self.seconds.items()
            if (name, there) == (operation, backend)
        ]

    def product(self, case: str, backend: str) -> Product | None:
        """Of matrices as in `case`; None if it was not measured."""
        latency = self.seconds.get(("Latency", case, backend))
        if latency is None:
            return None
        shapes = self.shapes(case)
        each = {
            many.numbers["times"]: seconds
            for many, seconds in self._of("Throughput", backend)
            if many.shapes == shapes
        }
        most = max(each, default=0)
        return Product(latency, each[most] / most if most else None)

    def shapes(self, case: str) -> tuple[tuple[int, ...], ...]:
        """Of the matrices of a product."""
        return self.cases["Latency", case].shapes

    def overhead(self, operation: str, case: str, count: int, backend: str) -> float | None:
        """Seconds of each of the `count` things that a call of `case` does."""
        seconds = self.seconds.get((operation, case, backend))
        return None if seconds is None else seconds / count

    def importing(self, backend: str) -> float | None:
        """Seconds that a fresh Python takes longer when it imports the framework."""
        found = {case.numbers["modules"]: seconds for case, seconds in self._of("Import", backend)}
        return found[1] - found[0] if {0, 1} <= found.keys() else None

    def by_size(self, operation: str, backend: str) -> dict[int, float]:
        """Size -> seconds of one square matrix, or product of two, of most at once."""
        found: dict[int, tuple[int, float]] = {}
        for case, seconds in self._of(operation, backend):
            sides = {side for shape in case.shapes for side in shape}
            if len(sides) == 1:
                count, size = case.numbers.get("times", 1), sides.pop()
                found[size] = max(found.get(size, (0, 0.0)), (count, seconds / count))
        return {size: seconds for size, (_, seconds) in sorted(found.items())}


def figures(
    stored: pl.DataFrame,
    order: Sequence[str],
    facts: Facts,
    describe: Describe,
    machine: str | None,
    release: str | None,
) -> list[Figures]:
    """Of each machine, or the one asked for, its newest release or the one asked for.

    `stored`: asv's results (STORED). `order`: all releases, oldest first. `facts`, `describe`: what
    the suite says of its backends, and of a benchmark's case. Raises NoFigures.
    """
    ours = stored.filter(family_of("benchmark") == FAMILY, pl.col("value").is_not_nan())
    if machine is not None:
        ours = ours.filter(machine=machine)
    subjects = ours.select("benchmark", "case").unique().sort("benchmark", "case")
    described = {subject: describe(*subject) for subject in subjects.iter_rows()}
    cases = {
        (Name(benchmark).operation, case): said
        for (benchmark, case), said in described.items()
        if said is not None
    }
    every = [
        _of_machine(part, order, facts, cases, release)
        for part in ours.sort("machine").partition_by("machine", maintain_order=True)
    ]
    able = [each for each in every if each is not None]
    if not able:
        what = " of ".join(filter(None, ["results of the family dispatch", release, machine]))
        raise NoFigures(
            f"There are no {what}: measure some with `mlx-asv sweep v0.30.0.. -b dispatch`, or "
            "`asv run v0.32.4 -b dispatch` for one release."
        )
    return able


def _of_machine(
    stored: pl.DataFrame,
    order: Sequence[str],
    facts: Facts,
    cases: Mapping[tuple[str, str], CaseFacts],
    release: str | None,
) -> Figures | None:
    position = {tag: place for place, tag in enumerate(order)}
    control = pl.col("backend").is_in(list(facts.controls))
    measured = set(stored.filter(~control)["release"]) & position.keys()
    if release is not None:
        measured &= {release}
    if not measured:
        return None
    newest = max(measured, key=position.__getitem__)
    rank = pl.col("release").replace_strict(position, default=-1, return_dtype=pl.Int64)
    chosen = stored.filter(control | (pl.col("release") == newest)).sort(rank, maintain_order=True)
    seconds = {
        (Name(benchmark).operation, case, backend): value
        for benchmark, case, backend, value in chosen.select(
            "benchmark", "case", "backend", "value"
        ).iter_rows()
        if (Name(benchmark).operation, case) in cases
    }
    return Figures(stored["machine"][0], newest, seconds, cases, facts)
