"""Joining arrays."""

from .cases import Case, Shape
from .frameworks import Api, Function
from .operation import Operation


class Concat(Operation):
    """Two arrays joined along an axis."""

    cases = (
        "1000000x64 1000000x32 axis=1",
        "1000000x64 1000000x128 axis=1",
        "1000000x64 1000000x64 axis=0",
        "64x1000000 64x1000000 axis=0",
    )
    version = 1

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
