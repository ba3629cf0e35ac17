"""Reductions, along an axis (which mlx-benchmark dropped for MLX) or of everything."""

from math import fsum

import numpy as np

from .agreement import EXACT, HostArray, along
from .cases import Case, Shape
from .frameworks import Api, Function, Inputs
from .operation import Operation
from .work import moved


class _AlongAxis(Operation):
    def output_shape(self, case: Case) -> Shape:
        assert case.axis is not None, "a case of this operation names its axis"
        shape = list(case.shapes[0])
        del shape[case.axis]
        return tuple(shape)


class Argmax(_AlongAxis):
    """Where the largest element lies along an axis."""

    cases = (
        "64x1024x128 axis=0",
        "64x1024x128 axis=1",
        "64x1024x128 axis=2",
        "64x128x1024 axis=2",
    )
    version = 1
    small_cases = ("4x5x6 axis=0", "4x5x6 axis=1", "4x5x6 axis=2")
    tolerance = EXACT
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        argmax = mx.argmax
        return lambda x: argmax(x, axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.argmax(x, dim=case.axis)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.argmax(x, axis=case.axis)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return along(_place_of_largest, case.axis, *arrays)


def _place_of_largest(x: HostArray) -> int:
    return max(range(len(x)), key=x.__getitem__)


class Sum(_AlongAxis):
    """The sum along an axis."""

    cases = (
        "64x128x128x128 axis=0",
        "64x128x128x128 axis=1",
        "64x128x128x128 axis=2",
        "64x128x128x128 axis=3",
    )
    version = 1
    small_cases = ("3x4x5x6 axis=0", "3x4x5x6 axis=1", "3x4x5x6 axis=2", "3x4x5x6 axis=3")
    tolerance = (1e-6, 1.5e-6)
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        total = mx.sum
        return lambda x: total(x, axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.sum(x, dim=case.axis)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.sum(x, axis=case.axis)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return along(fsum, case.axis, *arrays)


class SumAll(Operation):
    """The sum of all elements."""

    cases = ("64x128x128x128", "1000000", "1000000x128", "128x1000000")
    version = 1
    small_cases = ("4x3x5x2", "100", "10x7")
    tolerance = (1e-6, 2e-6)
    work = moved

    def output_shape(self, case: Case) -> Shape:
        return ()

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.sum

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.sum

    def numpy(self, case: Case, np: Api) -> Function:
        return np.sum

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.array(fsum(arrays[0].flat))
