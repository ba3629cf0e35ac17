"""Speedups: which there are, the formula, and how they are printed. All as mlx-benchmark does."""

from collections.abc import Collection
from dataclasses import dataclass
from math import isnan, trunc

from mlx_asv.analysis.speedups import PAIRS


@dataclass(frozen=True)
class Speedup:
    """How much less time `this` takes than `other`; printed with so many `digits`.

    `without`: shown only in tables that lack that backend.
    """

    this: str
    other: str
    digits: int = 0
    without: str | None = None


#: What is shown only where a backend is missing: mlx-benchmark compares MLX on the CPU with PyTorch
#: on machines without a GPU.
UNLESS = {("mlx_cpu", "cpu"): "mlx_gpu"}

#: The columns of mlx-benchmark's tables, in their order; then those of backends and machines
#: that it does not have.
OPERATIONS = tuple(Speedup(this, other, without=UNLESS.get((this, other))) for this, other in PAIRS)

#: Those of the tables of models: the paper prints MLX's with one digit and PyTorch's with none.
MODELS = tuple(
    Speedup(each.this, each.other, 0 if each.this == "cuda" else 1, each.without)
    for each in OPERATIONS
)


def shown(speedups: Collection[Speedup], backends: Collection[str]) -> list[Speedup]:
    """Those of which a table with these backends has both sides."""
    return [
        each
        for each in speedups
        if each.this in backends and each.other in backends and each.without not in backends
    ]


def speedup(this: float, other: float) -> float:
    """In percent, from two times; nan if either is, or if `this` is zero."""
    if isnan(this) or isnan(other) or this == 0:
        return float("nan")
    return (other / this - 1) * 100


def percentage(value: float, digits: int = 0) -> str:
    """``+33%``, ``-22%``: cut off towards zero, with a plus if above zero (so that there are
    ``+0%`` and ``0%``); rounded if there are `digits`; ``nan%``."""
    if isnan(value):
        return "nan%"
    number = f"{value:.{digits}f}" if digits else f"{trunc(value)}"
    return f"{'+' if value > 0 else ''}{number}%"


def milliseconds(value: float) -> str:
    """``1.77``; ``nan``."""
    return f"{value:.2f}"
