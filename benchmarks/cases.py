"""A case: the shapes (and numbers, as the axis) an operation is timed on, written as its label.

The label is stored in every result, so: append, never rename. ``"64x1024x128 axis=0"`` is
the row that mlx-benchmark prints as ``dim=64x1024x128 axi=0``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

Shape = tuple[int, ...]

#: What a label may name beside the axis: how often something is done in one call, how many
#: characters of text a model gets, how many texts, how many modules are imported; bits of a
#: quantized weight and how many weights share a scale; what a convolution skips and adds around its
#: input; how many experts a token asks, the place of the first token, the rank of a small product.
NUMBERS = (
    *("times", "characters", "batch", "modules"),
    *("bits", "group", "stride", "padding", "top", "offset", "rank"),
)

#: Bytes of an element, by the names of element types in every framework.
ITEMSIZES = {"float32": 4, "float16": 2, "bfloat16": 2}

#: What of an operation is called: the operation, or the gradients by its inputs.
FORWARD, GRADIENT = "forward", "gradient"


@dataclass(frozen=True)
class Case:
    """One parsed label: ``shapes[i]`` is the shape of the i-th dimension group."""

    label: str
    shapes: tuple[Shape, ...]
    axis: int | None = None
    #: The other numbers that the label names, see `NUMBERS`.
    numbers: Mapping[str, int] = field(default_factory=dict, hash=False)
    #: The element type of floating-point inputs, and what is called: see `typed.Typed`.
    dtype: str = "float32"
    mode: str = FORWARD

    @classmethod
    def parse(cls, label: str, dtype: str = "float32", mode: str = FORWARD) -> "Case":
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
        return cls(label, tuple(shapes), axis, numbers, dtype, mode)


def nbytes(*shapes: Shape, dtype: str = "float32") -> int:
    """Bytes that arrays of these shapes take."""
    return ITEMSIZES[dtype] * sum(prod(shape) for shape in shapes)
