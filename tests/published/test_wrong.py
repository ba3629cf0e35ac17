from pathlib import Path

import pytest
from mlx_asv.published.labels import ModelLabel, OperationLabel
from mlx_asv.published.wrong import measured_wrongly

SEED_ROWS = Path(__file__).parents[1] / "benchmarks" / "seed_rows.txt"


def test_the_axis_that_never_reached_mlx():
    """17 rows, on MLX's backends; PyTorch's were right."""
    labels = [OperationLabel.parse(row) for row in SEED_ROWS.read_text().splitlines()]
    reason = "the axis never reached MLX"
    wrong = [label for label in labels if measured_wrongly(label, "mlx_cpu") == reason]
    assert len(wrong) == 17
    assert not any(measured_wrongly(label, "mps") for label in wrong)


@pytest.mark.parametrize(
    ("name", "mlx", "torch"),
    [
        ("ScatterSum", "thrown away", "one column"),
        ("ScatterMax", "thrown away", "one column"),
        ("Scatter", "its own input", "its own input"),
        ("ScaledDotProductAttention", "hid nothing", "hid nothing"),
        ("BCE", "logits", "probabilities"),
        ("Conv1d", None, "transposed"),
        ("Linear", None, "transposed"),
        ("ReLU", None, None),
        ("Gather", None, None),
        ("SumAll", None, None),
    ],
)
def test_what_was_wrong_with_which_side(name, mlx, torch):
    """Averages are as wrong as their cases."""
    for backend, expected in (("mlx_gpu_compile", mlx), ("cuda", torch)):
        reason = measured_wrongly(OperationLabel(name), backend)
        assert (reason is None) == (expected is None)
        assert expected is None or expected in reason


def test_models_are_not_that_programs():
    """Nothing is known against them."""
    assert measured_wrongly(ModelLabel("Sort"), "mlx_gpu") is None
