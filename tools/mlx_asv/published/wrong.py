"""The rows of mlx-benchmark's tables that do not hold what they say: docs/differences.md."""

from .labels import Label, OperationLabel

_MLX = frozenset({"mlx_gpu", "mlx_gpu_compile", "mlx_cpu"})
_TORCH = frozenset({"mps", "cpu", "cuda"})

#: (operations, backends, what was wrong), the first that applies.
_RULES = (
    (("Argmax", "Softmax", "Sum", "Sort"), _MLX, "the axis never reached MLX"),
    (("ScatterSum", "ScatterMax"), _MLX, "the result was thrown away before it was evaluated"),
    (("ScatterSum", "ScatterMax"), _TORCH, "one column only was touched"),
    (("Scatter",), _MLX | _TORCH, "its own input changed from call to call"),
    (("ScaledDotProductAttention",), _MLX | _TORCH, "the causal mask hid nothing"),
    (("BCE",), _MLX, "computed on logits, PyTorch's on probabilities"),
    (("BCE",), _TORCH, "computed on probabilities, MLX's on logits"),
    (("Conv1d", "Conv2d"), _TORCH, "the copy of a transposed view was timed, too"),
    (("Linear",), _TORCH, "the weight was a transposed view"),
)


def measured_wrongly(label: Label, backend: str) -> str | None:
    """Why the times of a row on a backend are not what its label says; None if they are.

    All tables of operations come from mlx-benchmark's program; tables of models do not.
    """
    if not isinstance(label, OperationLabel):
        return None
    for operations, backends, reason in _RULES:
        if label.name in operations and backend in backends:
            return reason
    return None
