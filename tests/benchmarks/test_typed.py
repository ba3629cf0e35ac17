"""Operations whose element type and mode are axes."""

from typing import Any

import numpy as np
import pytest

from benchmarks.cases import GRADIENT, Case
from benchmarks.facts import case as described
from benchmarks.frameworks import Api, Function
from benchmarks.typed import Typed, by_dtype

from .conftest import Alone
from .suite import operations

TYPED = {name: cls for name, cls in operations().items() if cls.axes}


class Halved(Typed):
    """Half of its input, on NumPy and on stand-ins for other frameworks."""

    cases = ("2x3", "4")
    dtypes = ("float32", "float16", "bfloat16")
    modes = ("forward", "gradient")
    version = 1
    since = "0.5.0"
    since_by_dtype = by_dtype(bfloat16="10.0")
    tolerances = by_dtype(float32=(1e-6, 0.0), float16=(1e-3, 0.0), bfloat16=(1e-2, 0.0))
    gradient_tolerances = by_dtype(float16=(2e-3, 0.0))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x: x / 2

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: x / 2


def _result(*values: str) -> Any:
    operation = Halved()
    framework, call = operation.prepare(*operation.parsed(*values))
    result = call()
    return framework.dtype(result), framework.numpy(result)


def test_axes_are_parameters_between_case_and_backend() -> None:
    """In the order of the names that results are stored under."""
    assert Halved.param_names == ["case", "dtype", "mode", "backend"]
    assert Halved.params[:3] == [["2x3", "4"], ["float32", "float16", "bfloat16"], [*Halved.modes]]
    assert list(Halved.labels())[:2] == ["2x3, float32, forward", "2x3, float32, gradient"]


def test_values_become_a_case() -> None:
    """Element type and mode are the case's; the last value is the backend."""
    case, backend = Halved.parsed("2x3", "float16", "gradient", "cpu")
    assert (case.shapes, case.dtype, case.mode) == (((2, 3),), "float16", GRADIENT)
    assert backend == "cpu"


def test_element_type_of_inputs_and_result(alone: Alone) -> None:
    """Inputs are what the element type can hold; so is the result."""
    dtype, full = alone(_result, "2x3", "float32", "forward", "numpy")
    assert dtype == "float32"
    short, half = alone(_result, "2x3", "float16", "forward", "numpy")
    assert short == "float16"
    np.testing.assert_array_equal(half, full.astype(np.float16))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("4", "bfloat16", "forward", "numpy"), "NumPy has no bfloat16"),
        (("4", "float32", "gradient", "numpy"), "NumPy has no gradients"),
        (
            ("4", "bfloat16", "forward", "mlx_cpu"),
            "mlx 9.9 cannot compute this, mlx 10.0 can",
        ),
        (("4", "float32", "forward", "cpu"), "Halved is not defined in PyTorch"),
    ],
)
@pytest.mark.usefixtures("fake_frameworks")
def test_what_a_framework_lacks_is_a_skip(
    alone: Alone, values: tuple[str, ...], reason: str
) -> None:
    """With the reason, before anything is computed."""
    with pytest.raises(NotImplementedError, match=f"^{reason}$"):
        alone(_result, *values)


@pytest.mark.usefixtures("fake_frameworks")
def test_a_release_that_has_all(alone: Alone) -> None:
    """Releases are compared as numbers: 9.9 is newer than 0.5.0."""
    assert alone(_result, "4", "float32", "forward", "mlx_cpu")[1].shape == (4,)


def test_tolerance_of_element_type_and_mode() -> None:
    """A gradient has its own where one is given."""
    allowed = [
        Halved().allowed(Case.parse("4", dtype, mode))
        for dtype in ("float32", "float16")
        for mode in Halved.modes
    ]
    assert allowed == [(1e-6, 0.0), (1e-6, 0.0), (1e-3, 0.0), (2e-3, 0.0)]


@pytest.mark.parametrize("name", TYPED)
def test_every_element_type_has_a_tolerance(name: str) -> None:
    """And no other has."""
    cls = TYPED[name]
    assert set(cls.tolerances) == set(cls.dtypes)  # type: ignore[attr-defined]


def test_facts_of_a_typed_case() -> None:
    """Bytes are those of the element type."""
    sizes = {
        dtype: described(
            "normalization",
            "RMSNorm",
            "time_call",
            {"case": "256x4096 4096", "dtype": dtype, "mode": "forward"},
        )
        for dtype in ("float32", "bfloat16")
    }
    full, half = (facts.work.bytes for facts in sizes.values() if facts and facts.work)
    assert full == 2 * half == 4 * (2 * 256 * 4096 + 4096)
