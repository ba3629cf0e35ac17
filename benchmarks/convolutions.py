"""Convolutions, stride 1, no padding. Cases give the input (N, spatial, C) and the weight
(O, kernel, C), MLX's own layout; PyTorch gets its own (N, C, spatial), contiguous, before
the clock starts. mlx-benchmark handed it a transposed view and timed the copy."""

import numpy as np

from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .operation import Operation


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


class Conv1d(_Convolution):
    """One-dimensional convolution."""

    cases = (
        "100x256x3 8x3x3",
        "100x256x256 8x3x256",
        "16x1000x80 128x11x80",
        "16x1000x3 128x11x3",
    )
    version = 1

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

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.conv2d

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.conv2d
