"""Speedups as mlx-benchmark has them: their columns, their formula, and how they are printed."""

from collections.abc import Collection
from dataclasses import dataclass
from math import isnan, trunc

from mlx_asv.analysis.speedups import PAIRS


@dataclass(frozen=True)
class Speedup:
    """A column: how much less time `this` takes than `other`, with `digits` after the point.

    `without`: the column is left out of tables that have this backend.
    """

    this: str
    other: str
    digits: int = 0
    without: str | None = None


#: Two backends -> the backend without which they are compared: mlx-benchmark compares MLX on the
#: CPU with PyTorch only on machines without a GPU.
UNLESS = {("mlx_cpu", "cpu"): "mlx_gpu"}

#: The columns of mlx-benchmark's tables, in their order; then columns of backends and machines that
#: mlx-benchmark does not have.
OPERATIONS = tuple(Speedup(this, other, without=UNLESS.get((this, other))) for this, other in PAIRS)

#: The columns of tables of models: the paper prints MLX's speedups with a digit after the point,
#: and PyTorch's with none.
MODELS = tuple(
    Speedup(each.this, each.other, 0 if each.this == "cuda" else 1, each.without)
    for each in OPERATIONS
)


def shown(speedups: Collection[Speedup], backends: Collection[str]) -> list[Speedup]:
    """The speedups of which a table with these backends has both sides."""
    return [
        each
        for each in speedups
        if each.this in backends and each.other in backends and each.without not in backends
    ]


def speedup(this: float, other: float) -> float:
    """The speedup in percent from two times; nan if one of them is nan, or if `this` is zero."""
    if isnan(this) or isnan(other) or this == 0:
        return float("nan")
    return (other / this - 1) * 100


def percentage(value: float, digits: int = 0) -> str:
    """A speedup as ``+33%``, ``-22%`` or ``nan%``.

    Rounded if there are `digits` after the point, else cut off towards zero; with a plus if it is
    above zero, so that ``+0%`` and ``0%`` differ.
    """
    if isnan(value):
        return "nan%"
    number = f"{value:.{digits}f}" if digits else f"{trunc(value)}"
    return f"{'+' if value > 0 else ''}{number}%"


def milliseconds(value: float) -> str:
    """A time as ``1.77`` or ``nan``."""
    return f"{value:.2f}"
