"""A case: the shapes (and numbers, as the axis) an operation is timed on, written as its label.

The label is stored in every result, so: append, never rename. ``"64x1024x128 axis=0"`` is
the row that mlx-benchmark prints as ``dim=64x1024x128 axi=0``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

Shape = tuple[int, ...]

#: What a label may name beside the axis: how often something is done in one call, how many
#: characters of text a model gets, how many texts, how many modules are imported.
NUMBERS = ("times", "characters", "batch", "modules")


@dataclass(frozen=True)
class Case:
    """One parsed label: ``shapes[i]`` is the shape of the i-th dimension group."""

    label: str
    shapes: tuple[Shape, ...]
    axis: int | None = None
    #: The other numbers that the label names, see `NUMBERS`.
    numbers: Mapping[str, int] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, label: str) -> "Case":
        """Read ``"AxB CxD axis=N times=M"``; raises ValueError for a word of another kind."""
        shapes: list[Shape] = []
        axis = None
        numbers = {}
        for word in label.split():
            name, equals, value = word.partition("=")
            if equals and name == "axis":
                axis = int(value)
            elif equals and name in NUMBERS:
                numbers[name] = int(value)
            else:
                shapes.append(tuple(int(size) for size in word.split("x")))
        return cls(label, tuple(shapes), axis, numbers)


def nbytes(*shapes: Shape) -> int:
    """Bytes that float32 arrays of these shapes take."""
    return 4 * sum(prod(shape) for shape in shapes)
