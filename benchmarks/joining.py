"""Joining arrays."""

import numpy as np

from .agreement import EXACT, HostArray
from .cases import Case, Shape
from .frameworks import Api, Function, Inputs
from .operation import Operation
from .work import moved


class Concat(Operation):
    """Two arrays joined along an axis."""

    cases = (
        "1000000x64 1000000x32 axis=1",
        "1000000x64 1000000x128 axis=1",
        "1000000x64 1000000x64 axis=0",
        "64x1000000 64x1000000 axis=0",
    )
    version = 1
    small_cases = ("5x3 5x2 axis=1", "4x3 4x6 axis=1", "3x7 2x7 axis=0")
    tolerance = EXACT
    work = moved

    def output_shape(self, case: Case) -> Shape:
        assert case.axis is not None, "a case of this operation names its axis"
        shape = list(case.shapes[0])
        shape[case.axis] += case.shapes[1][case.axis]
        return tuple(shape)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        concatenate = mx.concatenate
        return lambda a, b: concatenate([a, b], axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda a, b: torch.cat([a, b], dim=case.axis)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda a, b: np.concatenate([a, b], axis=case.axis)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        a, b = arrays
        joined = [list(a) + list(b), [[*p, *q] for p, q in zip(a, b, strict=False)]]
        return np.array(joined[case.axis or 0])
