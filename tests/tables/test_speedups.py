from math import isnan, nan

import pytest
from mlx_asv.tables.speedups import MODELS, OPERATIONS, milliseconds, percentage, shown, speedup


@pytest.mark.parametrize(
    ("this", "other", "text"),
    [
        (1.0, 1.339, "+33%"),
        (1.0, 0.7801, "-21%"),
        (1.0, 1.0, "0%"),
        (1.0, 0.999, "0%"),
        (1.0, 1.001, "+0%"),
        (1.0, 105.79, "+10479%"),
        (1.0, nan, "nan%"),
        (0.0, 1.0, "nan%"),
    ],
)
def test_speedup_is_cut_off_towards_zero(this, other, text):
    """With a plus wherever it is above zero."""
    assert percentage(speedup(this, other)) == text


@pytest.mark.parametrize(("value", "text"), [(187.77, "+187.8%"), (-3.04, "-3.0%"), (nan, "nan%")])
def test_speedup_with_digits_is_rounded(value, text):
    """As in the paper's tables of models on MLX."""
    assert percentage(value, 1) == text


def test_times_have_two_digits():
    """Or are nan."""
    assert [milliseconds(each) for each in (1.774, 15890.87, nan)] == ["1.77", "15890.87", "nan"]
    assert isnan(speedup(nan, 1.0))


def titles(*backends, of=OPERATIONS):
    """The speedups of a table with these backends."""
    return [f"{each.this}/{each.other}" for each in shown(of, backends)]


def test_seeds_tables_have_the_seeds_speedups():
    """In their order."""
    assert titles("mlx_gpu", "mlx_gpu_compile", "mlx_cpu", "mps", "cpu") == [
        "mlx_gpu_compile/mlx_gpu",
        "mlx_gpu/mps",
        "mlx_gpu/mlx_cpu",
    ]
    assert titles("cpu", "cuda") == ["cuda/cpu"]


def test_machine_without_a_gpu_is_compared_on_its_cpu():
    """With PyTorch and NumPy; beside a GPU the CPU's are not shown."""
    assert titles("mlx_cpu", "cpu", "mlx_cpu_compile", "numpy") == [
        "mlx_cpu_compile/mlx_cpu",
        "mlx_cpu/cpu",
        "mlx_cpu/numpy",
    ]
    assert "mlx_cpu/cpu" not in titles("mlx_gpu", "mlx_cpu", "cpu")


def test_models_have_the_same_with_the_papers_digits():
    """One for MLX, none for CUDA."""
    assert [(each.this, each.other) for each in MODELS] == [
        (each.this, each.other) for each in OPERATIONS
    ]
    assert {each.digits for each in MODELS if each.this != "cuda"} == {1}
    assert {each.digits for each in MODELS if each.this == "cuda"} == {0}
