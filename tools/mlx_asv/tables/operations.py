"""Tables of operations: one row for each case, or for each operation with its average."""

from collections.abc import Sequence

from mlx_asv.facts import CaseFacts
from mlx_asv.published.labels import OperationLabel

from .build import Style, Times, averages, build
from .changes import Changes
from .model import Table
from .speedups import OPERATIONS

STYLE = Style("Operation", OPERATIONS, lambda backend: backend)

#: mlx-benchmark's order of operations; all others follow, in the order of the alphabet.
ORDER = (
    *("Argmax", "BCE", "Concat", "Conv1d", "Conv2d", "Gather", "LayerNorm", "LeakyReLU", "Linear"),
    *("MatMul", "PReLU", "ReLU", "ScaledDotProductAttention", "Scatter", "ScatterSum"),
    *("ScatterMax", "SeLU", "Sigmoid", "Softmax", "Softplus", "Sort", "Sum", "SumAll"),
)
POSITIONS = {name: position for position, name in enumerate(ORDER)}


def operation_label(case: CaseFacts) -> OperationLabel:
    """The label of a case that has shapes and perhaps an axis. ValueError for any other."""
    if case.numbers or not case.shapes:
        raise ValueError(f"{case} is neither of shapes alone nor of shapes and an axis")
    return OperationLabel.of(case.title, case.shapes, case.axis)


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
    ordered = sorted(rows, key=_position)
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


def _position(row: Times) -> tuple[int, str]:
    """Where the operation of a row comes; the cases of an operation stay in their order."""
    position = POSITIONS.get(row.name)
    return (len(POSITIONS), row.name) if position is None else (position, "")
