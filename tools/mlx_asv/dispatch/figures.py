"""The figures of one machine, from asv's results of the family ``dispatch``."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlx_asv.asv_edge.commands import Point
from mlx_asv.axes import Name

FAMILY = "dispatch"

#: (operation, case, backend).
Key = tuple[str, str, str]

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
    """What a machine measured of a release; of PyTorch and NumPy, when it last did."""

    machine: str
    release: str
    seconds: Mapping[Key, float]

    @property
    def backends(self) -> list[str]:
        """Those with any figure, MLX's first."""
        found = {backend for _, _, backend in self.seconds}
        return sorted(found, key=lambda name: (not name.startswith("mlx"), name))

    def product(self, case: str, backend: str) -> Product | None:
        """Of matrices as in `case`; None if it was not measured."""
        latency = self.seconds.get(("Latency", case, backend))
        if latency is None:
            return None
        each = {
            int(label.rpartition("=")[2]): seconds
            for (operation, label, name), seconds in self.seconds.items()
            if (operation, name) == ("Throughput", backend) and label.startswith(f"{case} times=")
        }
        most = max(each, default=0)
        return Product(latency, each[most] / most if most else None)

    def overhead(self, operation: str, case: str, count: int, backend: str) -> float | None:
        """Seconds of each of the `count` things that a call of `case` does."""
        seconds = self.seconds.get((operation, case, backend))
        return None if seconds is None else seconds / count

    def importing(self, backend: str) -> float | None:
        """Seconds that a fresh Python takes longer when it imports the framework."""
        nothing, framework = (
            self.seconds.get(("Import", f"modules={count}", backend)) for count in (0, 1)
        )
        return None if nothing is None or framework is None else framework - nothing

    def by_size(self, operation: str, backend: str) -> dict[int, float]:
        """Size -> seconds of one square matrix, or product of two, of most at once."""
        found: dict[int, tuple[int, float]] = {}
        for (name, case, there), seconds in self.seconds.items():
            if (name, there) != (operation, backend):
                continue
            shapes, _, times = case.partition(" times=")
            sides = set(shapes.replace("x", " ").split())
            if len(sides) == 1:
                count = int(times or 1)
                size = int(sides.pop())
                found[size] = max(found.get(size, (0, 0.0)), (count, seconds / count))
        return {size: seconds for size, (_, seconds) in sorted(found.items())}


def figures(
    points: Iterable[Point], order: Sequence[str], machine: str | None, release: str | None
) -> list[Figures]:
    """Of each machine, or the one asked for, its newest release or the one asked for.

    `order`: all releases, oldest first. Raises NoFigures.
    """
    found: defaultdict[str, list[Point]] = defaultdict(list)
    for point in points:
        if (
            Name(point.benchmark).family != FAMILY
            or point.seconds is None
            or math.isnan(point.seconds)
        ):
            continue
        if machine in (None, point.machine):
            found[point.machine].append(point)
    position = {tag: place for place, tag in enumerate(order)}
    every = [_of_machine(name, found[name], position, release) for name in sorted(found)]
    able = [each for each in every if each is not None]
    if not able:
        what = " of ".join(filter(None, ["results of the family dispatch", release, machine]))
        raise NoFigures(
            f"There are no {what}: measure some with `mlx-asv sweep v0.30.0.. -b dispatch`, or "
            "`asv run v0.32.4 -b dispatch` for one release."
        )
    return able


def _of_machine(
    machine: str, points: Sequence[Point], position: Mapping[str, int], release: str | None
) -> Figures | None:
    of_mlx = [p for p in points if p.params[-1].startswith("mlx") and p.release in position]
    measured = {point.release for point in of_mlx}
    if release is not None:
        measured &= {release}
    if not measured:
        return None
    newest = max(measured, key=position.__getitem__)
    seconds: dict[Key, float] = {}
    for point in sorted(points, key=lambda p: position.get(p.release, -1)):
        *case, backend = point.params
        if point.release == newest or not backend.startswith("mlx"):
            assert point.seconds is not None
            key = Name(point.benchmark).operation, " ".join(case), backend
            seconds[key] = point.seconds
    return Figures(machine, newest, seconds)
