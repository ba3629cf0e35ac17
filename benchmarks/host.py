"""What Python does with arrays: it iterates, asks for numbers, hands them to NumPy."""

import numpy as np

from .agreement import EXACT, HostArray
from .backends import MLX_UNCOMPILED, UNCOMPILED
from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .typed import Typed, by_dtype


class IterateRows(Typed):
    """One row after the other, of which the last is negated and waited for."""

    cases = ("2000x64",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("2x3", "40x4")
    error_cases = ()
    tolerances = by_dtype(float32=EXACT)

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][1:]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return _last_negated

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return _last_negated

    def numpy(self, case: Case, np: Api) -> Function:
        return _last_negated

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        result: HostArray = 0 - x[len(x) - 1]
        return result


def _last_negated(x: Array) -> Array:
    for row in x:  # noqa: B007
        pass
    return -row


class Items(Typed):
    """Each number by itself, as a Python float; then an array of them."""

    cases = ("50",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("1", "7")
    error_cases = ()
    tolerances = by_dtype(float32=EXACT)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        array = mx.array
        return lambda x: array(_items(x))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        tensor = torch.tensor
        return lambda x: tensor(_items(x))

    def numpy(self, case: Case, np: Api) -> Function:
        array, single = np.array, np.float32
        return lambda x: array(_items(x), dtype=single)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return arrays[0]


def _items(x: Array) -> list[float]:
    return [x[place].item() for place in range(x.shape[0])]


class ToNumPy(Typed):
    """The result of a compiled function as an array of NumPy: 2 x + 1."""

    cases = ("256x1024",)
    backends = MLX_UNCOMPILED  # it compiles by itself
    version = 1
    small_cases = ("2x3", "5x7")
    error_cases = ()
    tolerances = by_dtype(float32=(1e-6, 1e-7))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        compiled = mx.compile(lambda x: 2 * x + 1)
        return lambda x: np.asarray(compiled(x))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        result: HostArray = (arrays[0] + 0.5) * 2
        return result
