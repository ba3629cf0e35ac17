"""A case: the shapes (and the axis) an operation is timed on, written as its label.

The label is stored in every result, so: append, never rename. ``"64x1024x128 axis=0"`` is
the row that mlx-benchmark prints as ``dim=64x1024x128 axi=0``.
"""

from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One parsed label: ``shapes[i]`` is the shape of the i-th dimension group."""

    label: str
    shapes: tuple[Shape, ...]
    axis: int | None = None

    @classmethod
    def parse(cls, label: str) -> "Case":
        """Read ``"AxB CxD axis=N"``; raises ValueError when a word is neither."""
        shapes: list[Shape] = []
        axis = None
        for word in label.split():
            if word.startswith("axis="):
                axis = int(word.removeprefix("axis="))
            else:
                shapes.append(tuple(int(size) for size in word.split("x")))
        return cls(label, tuple(shapes), axis)


def nbytes(*shapes: Shape) -> int:
    """Bytes that float32 arrays of these shapes take."""
    return 4 * sum(prod(shape) for shape in shapes)
