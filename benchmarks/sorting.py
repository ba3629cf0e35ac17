"""Sorting."""

import numpy as np

from .agreement import EXACT, HostArray, along
from .cases import Case
from .frameworks import Api, Function, Inputs
from .operation import Operation
from .work import moved


class Sort(Operation):
    """Values sorted along an axis (which mlx-benchmark dropped for MLX).

    PyTorch has no sort that gives values alone: it computes the indices as well.
    """

    cases = ("64x128x1024 axis=0", "64x128x1024 axis=1", "64x128x1024 axis=2")
    version = 1
    small_cases = ("4x5x6 axis=0", "4x5x6 axis=1", "4x5x6 axis=2")
    tolerance = EXACT
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        sort = mx.sort
        return lambda x: sort(x, axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.sort(x, dim=case.axis).values

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.sort(x, axis=case.axis)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        assert case.axis is not None, "a case of this operation names its axis"
        return np.moveaxis(along(sorted, case.axis, *arrays), -1, case.axis)
