"""`track_error`: how far a result is from float64, on inputs that are hard."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from benchmarks.agreement import ROUNDING, largest_allowed, relative_error
from benchmarks.backends import BACKENDS
from benchmarks.cases import Case
from benchmarks.frameworks import Api, Function, Inputs
from benchmarks.growing import Growing
from benchmarks.operation import Operation
from benchmarks.typed import Typed, by_dtype

from .conftest import Alone
from .suite import operations

TRACKED = {name: cls for name, cls in operations().items() if cls.cases_of_errors()}


class Sloppy(Typed):
    """Ones, and once more of the error that is asked for by the case."""

    cases = ("1000000",)
    small_cases = ("4", "8")
    modes = ("forward", "gradient")
    dtypes = ("float32", "float16")
    version = 1
    tolerances = by_dtype(float32=(0.0, 0.0), float16=(0.0, 0.0))

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        return [np.ones(case.shapes[0], dtype=np.float32)]

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        return [np.full(case.shapes[0], 2.0, dtype=np.float32)]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x: x * (1 + case.shapes[0][0] / 100)

    def reference(self, case: Case, arrays: Inputs) -> Any:
        assert set(arrays[0]) == {2.0}  # what hurts, not what is timed
        return arrays[0]


class Random(Sloppy):
    """Has no error."""

    version = 1
    random = True


class Chosen(Sloppy):
    """Has cases of its own whose error is tracked."""

    version = 1
    error_cases = ("16",)


# -- what is asked ---------------------------------------------------------------------------


def test_parameters_are_its_own() -> None:
    """Small cases, every element type, forward; on the backends of MLX, which a release changes."""
    described = vars(Sloppy.track_error)
    assert described["param_names"] == ["case", "dtype", "mode", "backend"]
    mlx = [name for name, backend in BACKENDS.items() if backend.framework == "mlx"]
    assert described["params"] == [["4", "8"], ["float32", "float16"], ["forward"], mlx]
    assert vars(Chosen.track_error)["params"][0] == ["16"]


def test_no_error_without_a_right_result() -> None:
    """Of random numbers none is tracked."""
    assert Random.cases_of_errors() == ()
    assert "track_error" not in vars(Random)


@pytest.mark.parametrize("name", TRACKED)
def test_operations_without_axes_have_two_parameters(name: str) -> None:
    """As what is timed of them."""
    described = vars(TRACKED[name].track_error)
    assert described["param_names"] == TRACKED[name].param_names
    assert len(described["params"]) == len(described["param_names"])


def test_what_is_tracked_of_the_suite() -> None:
    """All but what is random, or waits for other things than arithmetic."""
    without = set(operations()) - set(TRACKED)
    assert {"RandomUniform", "Import", "CompileFirst", "Latency"} <= without
    assert {"Sin", "LogSoftmax", "RMSNorm", "MatMul", "BertBase"} <= set(TRACKED)


@pytest.mark.parametrize(
    "name", [name for name, cls in TRACKED.items() if issubclass(cls, Growing)]
)
def test_cases_that_do_not_grow_are_set_up_by_themselves(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asv sets up each case whose error is tracked, and none of them has a smaller one."""
    seen: list[str] = []
    monkeypatch.setattr(Operation, "setup", lambda self, case, *others: seen.append(case))
    monkeypatch.setattr("benchmarks.growing.remember", lambda question, ask: question)
    cases = [case for case in TRACKED[name].cases_of_errors() if case not in TRACKED[name].cases]
    for case in cases:
        TRACKED[name]().setup(case, "mlx_cpu")
    assert seen == cases


# -- what is found -----------------------------------------------------------------------------


def _errors(*values: str) -> list[float]:
    operation = Sloppy()
    return [operation.error(*each, "mlx_cpu") for each in product(*Sloppy.track_error.params[:-1])]


@pytest.mark.usefixtures("fake_frameworks")
def test_error_of_a_known_mistake(alone: Alone) -> None:
    """Four and eight percent, in either element type; of what hurts."""
    assert alone(_errors) == pytest.approx([0.04, 0.04, 0.08, 0.08], rel=0.02)


def test_error_as_a_part_of_each_element_or_of_the_largest() -> None:
    """A tenth of the smallest element is a thousandth of the largest."""
    expected = np.array([1.0, 100.0])
    result = np.array([1.1, 100.0])
    one = relative_error(result, expected, "float32", componentwise=True)
    assert one == pytest.approx(0.1)
    assert relative_error(result, expected, "float32", componentwise=False) == pytest.approx(0.001)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("componentwise", [True, False])
def test_no_error_is_less_than_a_rounding(dtype: str, componentwise: bool) -> None:
    """What cannot be told from the nearest number has its error."""
    exact = np.array([1.0, 0.0, -3.0])
    assert relative_error(exact, exact, dtype, componentwise=componentwise) == ROUNDING[dtype]
    assert {ROUNDING[name] for name in ("float32", "float16")} == {
        float(np.finfo(name).eps) / 2 for name in ("float32", "float16")
    }


def test_wrong_where_nothing_should_be_is_infinitely_wrong() -> None:
    """As a part of nothing."""
    found = relative_error(np.array([1e-3]), np.array([0.0]), "float32", componentwise=True)
    assert found == np.inf


def test_what_is_not_finite_is_no_number() -> None:
    """Unless the reference is not finite there."""
    wrong, right = np.array([np.nan, 1.0]), np.array([1.0, 1.0])
    with pytest.raises(ValueError, match="not finite"):
        relative_error(wrong, right, "float32", componentwise=True)
    both = np.array([np.inf, 1.0])
    assert relative_error(both, both, "float32", componentwise=True) == ROUNDING["float32"]


def test_base_class_tracks_nothing() -> None:
    """An operation without a reference has no error."""
    assert Operation.cases_of_errors() == ()


# -- tolerances ------------------------------------------------------------------------------


def test_an_error_that_is_allowed_is_that_of_the_worst_result_within_the_tolerance() -> None:
    """On the edge of the tolerance everywhere: as large as allowed, by either way to count."""
    expected, tolerance = np.array([0.0, 1e-3, -2.0, np.inf]), (1e-3, 1e-4)
    worst = expected + np.sign(expected) * (1e-4 + 1e-3 * np.abs(expected))
    worst[-1] = np.inf
    for componentwise in (True, False):
        allowed = largest_allowed(expected, tolerance, "float32", componentwise=componentwise)
        found = relative_error(worst, expected, "float32", componentwise=componentwise)
        assert found == pytest.approx(allowed)


@pytest.mark.parametrize("dtype", ROUNDING)
def test_one_rounding_is_always_allowed(dtype: str) -> None:
    """Nobody can tell it from nothing; also where nothing else is allowed, or all is nought."""
    for expected in (np.array([1.0]), np.array([0.0])):
        found = largest_allowed(expected, (0.0, 1e-9), dtype, componentwise=True)
        assert found == ROUNDING[dtype]


def test_what_is_allowed_is_of_the_inputs_that_hurt() -> None:
    """Twos: of them atol is a half."""
    case = Case.parse("4", dtype="float16")

    class Loose(Sloppy):
        version = 1
        tolerances = by_dtype(float16=(0.25, 0.5))

    assert Loose.allowed_error(case) == 0.5
    assert Sloppy.allowed_error(case) == ROUNDING["float16"]


@pytest.mark.parametrize("name", TRACKED)
def test_every_operation_allows_an_error(name: str) -> None:
    """Of each element type: one rounding at least, and a finite one; no framework is needed."""
    cls = TRACKED[name]
    case = cls.cases_of_errors()[0]
    for dtype in cls.axes.get("dtype", ("float32",)):
        found = cls.allowed_error(Case.parse(case, dtype=dtype))
        assert 2.0**-24 <= found < np.inf
