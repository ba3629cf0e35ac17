"""Images in another size."""

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import FORWARD, GRADIENT, Case, Shape
from .frameworks import Api, Function, Inputs
from .typed import Typed, by_dtype
from .work import moved


class Upsample(Typed):
    """Images of twice the height and width, by linear interpolation between pixels' centres.

    A case is (N, height, width, C), MLX's own layout; PyTorch gets (N, C, height, width).
    """

    cases = ("1x32x32x64",)
    modes = (FORWARD, GRADIENT)
    backends = UNCOMPILED
    version = 1
    since = "0.5.0"
    small_cases = ("1x4x5x2", "2x3x2x3")
    tolerances = by_dtype(float32=(1e-6, 2e-7))
    work = moved

    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        if framework != "torch":
            return arrays
        return [np.ascontiguousarray(np.moveaxis(array, -1, 1)) for array in arrays]

    def arrange_result(self, framework: str, arrays: Inputs) -> Inputs:
        return self.arrange(framework, arrays)

    def output_shape(self, case: Case) -> Shape:
        n, height, width, channels = case.shapes[0]
        return n, 2 * height, 2 * width, channels

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        layer: Function = nn.Upsample(scale_factor=2, mode="linear", align_corners=False)
        return layer

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        resize = F.interpolate
        return lambda x: resize(x, scale_factor=2, mode="bilinear", align_corners=False)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        rows, columns = (_doubling(size) for size in x.shape[1:3])
        result: HostArray = np.einsum("yh,xw,nhwc->nyxc", rows, columns, x)
        return result


def _doubling(size: int) -> HostArray:
    """How much of each pixel is in each of twice as many: a quarter of the nearer neighbour's."""
    weights = np.zeros((2 * size, size))
    for place in range(2 * size):
        nearest = place // 2
        neighbour = nearest + (1 if place % 2 else -1)
        weights[place, nearest] += 0.75
        weights[place, min(max(neighbour, 0), size - 1)] += 0.25
    return weights
