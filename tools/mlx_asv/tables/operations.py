"""Tables of operations: one row for each case, or for each operation with its average."""

from collections.abc import Sequence
from functools import cache

from mlx_asv.published.labels import OperationLabel

from .build import Style, Times, averages, build
from .changes import Changes
from .model import Table
from .speedups import OPERATIONS

STYLE = Style("Operation", OPERATIONS, lambda backend: backend)

#: mlx-benchmark's order; operations that it does not have come after, in that of the alphabet.
ORDER = (
    *("Argmax", "BCE", "Concat", "Conv1d", "Conv2d", "Gather", "LayerNorm", "LeakyReLU", "Linear"),
    *("MatMul", "PReLU", "ReLU", "ScaledDotProductAttention", "Scatter", "ScatterSum"),
    *("ScatterMax", "SeLU", "Sigmoid", "Softmax", "Softplus", "Sort", "Sum", "SumAll"),
)
PLACES = {name: place for place, name in enumerate(ORDER)}


@cache
def operation_label(name: str, case: str) -> OperationLabel:
    """The label of a benchmark's case. ValueError if that is none of shapes and an axis."""
    label = OperationLabel(name, case)
    if OperationLabel.parse(str(label)) != label:
        raise ValueError(f"{case!r} is no case such as '64x1024x128 axis=0'")
    return label


def operation_table(
    rows: Sequence[Times],
    machine: str,
    release: str | None,
    *,
    average: bool = False,
    changes: Changes | None = None,
    backends: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """The table of `rows` in mlx-benchmark's order, or of their averages. See `build`."""
    ordered = sorted(rows, key=_place)
    found = averages(ordered, lambda row: OperationLabel(row.name)) if average else ordered
    return build(
        STYLE,
        found,
        machine,
        release,
        average=average,
        changes=changes,
        backends=backends,
        notes=notes,
    )


def _place(row: Times) -> tuple[int, str]:
    """By operation; the cases of one stay in the order they are in."""
    place = PLACES.get(row.name)
    return (len(PLACES), row.name) if place is None else (place, "")
