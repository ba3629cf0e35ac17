"""Reductions, along an axis (which mlx-benchmark dropped for MLX) or of everything."""

from .cases import Case, Shape
from .frameworks import Api, Function
from .operation import Operation


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

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        argmax = mx.argmax
        return lambda x: argmax(x, axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.argmax(x, dim=case.axis)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.argmax(x, axis=case.axis)


class Sum(_AlongAxis):
    """The sum along an axis."""

    cases = (
        "64x128x128x128 axis=0",
        "64x128x128x128 axis=1",
        "64x128x128x128 axis=2",
        "64x128x128x128 axis=3",
    )
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        total = mx.sum
        return lambda x: total(x, axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.sum(x, dim=case.axis)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.sum(x, axis=case.axis)


class SumAll(Operation):
    """The sum of all elements."""

    cases = ("64x128x128x128", "1000000", "1000000x128", "128x1000000")
    version = 1

    def output_shape(self, case: Case) -> Shape:
        return ()

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.sum

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.sum

    def numpy(self, case: Case, np: Api) -> Function:
        return np.sum
