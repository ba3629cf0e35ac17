"""Convolutions, stride 1, no padding. Cases give the input (N, spatial, C) and the weight
(O, kernel, C), MLX's own layout; PyTorch gets its own (N, C, spatial), contiguous, before
the clock starts. mlx-benchmark handed it a transposed view and timed the copy."""

from itertools import product
from math import prod

import numpy as np

from .agreement import HostArray
from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .operation import Operation
from .work import Work, contraction


class _Convolution(Operation):
    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        if framework != "torch":
            return arrays
        return [np.ascontiguousarray(np.moveaxis(array, -1, 1)) for array in arrays]

    def output_shape(self, case: Case) -> Shape:
        x, weight = case.shapes
        spatial = tuple(n - k + 1 for n, k in zip(x[1:-1], weight[1:-1], strict=True))
        return (x[0], *spatial, weight[0])

    def numpy(self, case: Case, np: Api) -> Function:
        axes = tuple(range(1, len(case.shapes[0]) - 1))
        kernel = case.shapes[1][1:-1]
        contracted = tuple(range(-len(kernel) - 1, 0))  # windows end in (C, *kernel)

        def convolve(x: Array, weight: Array) -> Array:
            windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=axes)
            return np.tensordot(windows, np.moveaxis(weight, -1, 1), axes=(contracted,) * 2)

        return convolve

    def work(self, case: Case) -> Work:
        return contraction(self, case, prod(case.shapes[1][1:]))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight = arrays
        kernel = weight.shape[1:-1]
        spatial = [n - k + 1 for n, k in zip(x.shape[1:-1], kernel, strict=True)]
        result = np.zeros((len(x), *spatial, len(weight)))
        for n, o in product(range(len(x)), range(len(weight))):
            for corner in np.ndindex(*spatial):
                window = tuple(slice(c, c + k) for c, k in zip(corner, kernel, strict=True))
                result[(n, *corner, o)] = np.sum(x[n][window] * weight[o])
        return result


class Conv1d(_Convolution):
    """One-dimensional convolution."""

    cases = (
        "100x256x3 8x3x3",
        "100x256x256 8x3x256",
        "16x1000x80 128x11x80",
        "16x1000x3 128x11x3",
    )
    version = 1
    small_cases = ("3x10x3 4x3x3", "2x9x5 3x4x5", "1x16x32 8x3x32")
    # Loose: 96 products of both signs, in an order of each backend's own; results up to 40.
    tolerance = (1e-6, 1.5e-5)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.conv1d

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.conv1d


class Conv2d(_Convolution):
    """Two-dimensional convolution."""

    cases = (
        "100x256x256x3 8x3x3x3",
        "10x256x256x12 8x3x3x12",
        "1x256x256x128 8x3x3x128",
        "100x28x28x3 8x3x3x3",
        "1000x28x28x3 8x3x3x3",
    )
    version = 1
    small_cases = ("2x7x6x3 4x3x3x3", "1x8x9x5 2x3x2x5", "1x8x8x32 8x3x3x32")
    # Loose: 288 products of both signs, in an order of each backend's own; results up to 60.
    tolerance = (1e-6, 8e-5)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.conv2d

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.conv2d
