"""Convolutions: stride 1 and no padding, unless a case says otherwise. Cases give the input
(N, spatial, C) and the weight (O, kernel, C), MLX's own layout; PyTorch gets its own
(N, C, spatial), contiguous, before the clock starts. mlx-benchmark handed it a transposed view and
timed the copy.

A weight of fewer channels than the input has is one of groups: of one channel, depthwise.
"""

from functools import partial
from itertools import product
from math import prod

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import FORWARD, GRADIENT, Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .operation import Operation
from .typed import Typed, by_dtype
from .work import Work, contraction, moved


class _Convolution(Operation):
    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        if framework != "torch":
            return arrays
        return [np.ascontiguousarray(np.moveaxis(array, -1, 1)) for array in arrays]

    def arrange_result(self, framework: str, arrays: Inputs) -> Inputs:
        return _Convolution.arrange(self, framework, arrays)

    def output_shape(self, case: Case) -> Shape:
        x, weight = case.shapes
        stride, padding = _stride(case), _padding(case)
        sizes = zip(x[1:-1], weight[1:-1], strict=True)
        return (x[0], *((n + 2 * padding - k) // stride + 1 for n, k in sizes), weight[0])

    def numpy(self, case: Case, np: Api) -> Function:
        kernel = case.shapes[1][1:-1]
        dims, padding = len(kernel), _padding(case)
        axes = tuple(range(1, dims + 1))
        contracted = tuple(range(-dims - 1, 0))  # windows end in (C, *kernel)
        around = ((0, 0), *[(padding, padding)] * dims, (0, 0))
        every = (slice(None), *[slice(None, None, _stride(case))] * dims)
        letters = "xyz"[:dims]

        def convolve(x: Array, weight: Array) -> Array:
            padded = np.pad(x, around) if padding else x
            windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=axes)[every]
            if weight.shape[-1] < x.shape[-1]:  # one channel each
                return np.einsum(f"...c{letters},c{letters}->...c", windows, weight[..., 0])
            return np.tensordot(windows, np.moveaxis(weight, -1, 1), axes=(contracted,) * 2)

        return convolve

    def work(self, case: Case) -> Work:
        return contraction(self, case, prod(case.shapes[1][1:]))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight = arrays
        kernel, channels = weight.shape[1:-1], weight.shape[-1]
        stride, padding = _stride(case), _padding(case)
        x = np.pad(x, ((0, 0), *[(padding, padding)] * len(kernel), (0, 0)))
        result = np.zeros(self.output_shape(case))
        for n, o in product(range(len(x)), range(len(weight))):
            first = o * _groups(case) // len(weight) * channels
            for corner in np.ndindex(*result.shape[1:-1]):
                starts = zip(corner, kernel, strict=True)
                window = tuple(slice(stride * c, stride * c + k) for c, k in starts)
                seen = x[n][window][..., first : first + channels]
                result[(n, *corner, o)] = np.sum(seen * weight[o])
        return result


def _stride(case: Case) -> int:
    return case.numbers.get("stride", 1)


def _padding(case: Case) -> int:
    return case.numbers.get("padding", 0)


def _groups(case: Case) -> int:
    x, weight = case.shapes
    return x[-1] // weight[-1]


def _options(case: Case) -> dict[str, int]:
    return {"stride": _stride(case), "padding": _padding(case), "groups": _groups(case)}


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


class _Typed(Typed, _Convolution):
    backends = UNCOMPILED  # there is nothing to fuse


class DepthwiseConv1d(_Typed):
    """A convolution of each channel by itself along one axis."""

    cases = ("1x4x2048 2048x4x1",)
    version = 1
    since = "0.12.1"
    small_cases = ("1x4x32 32x4x1", "2x9x5 5x3x1")
    tolerances = by_dtype(float32=(1e-6, 1e-7))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return partial(mx.conv1d, **_options(case))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.conv1d, **_options(case))


class DepthwiseConv2d(_Typed):
    """A convolution of each channel by itself."""

    cases = ("1x64x64x96 96x7x7x1 padding=3", "1x60x60x96 96x7x7x1 padding=3")
    version = 1
    since = "0.14.0"
    small_cases = ("1x9x8x6 6x7x7x1 padding=3", "2x6x5x3 3x3x3x1 padding=1")
    tolerances = by_dtype(float32=(1e-6, 1.5e-6))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return partial(mx.conv2d, **_options(case))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.conv2d, **_options(case))


class PaddedConv2d(_Typed):
    """A two-dimensional convolution as models have it, and its gradients."""

    cases = (
        "1x32x32x64 64x3x3x64 stride=1 padding=1",
        "1x32x32x64 64x3x3x64 stride=2 padding=1",
        "1x32x32x32 32x3x3x32 stride=1 padding=1",
    )
    modes = (FORWARD, GRADIENT)
    version = 1
    small_cases = (
        "1x5x6x3 4x3x3x3 stride=1 padding=1",
        "2x5x4x3 3x3x3x3 stride=2 padding=1",
    )
    tolerances = by_dtype(float32=(1e-6, 2e-6))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return partial(mx.conv2d, **_options(case))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.conv2d, **_options(case))


class Conv3d(_Typed):
    """A three-dimensional convolution, and its gradients."""

    cases = ("1x8x16x16x16 16x3x3x3x16",)
    modes = (FORWARD, GRADIENT)
    version = 1
    since = "0.13.1"
    small_cases = ("1x4x3x3x2 3x3x2x2x2", "2x3x3x3x1 2x2x2x2x1")
    tolerances = by_dtype(float32=(1e-6, 2e-6))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return partial(mx.conv3d, **_options(case))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.conv3d, **_options(case))


class ConvTranspose1d(Typed):
    """The transpose of a one-dimensional convolution: every number spreads over its kernel."""

    cases = ("1x100x64 64x5x64 stride=2",)
    backends = UNCOMPILED
    version = 1
    since = "0.17.3"
    small_cases = ("1x6x3 4x5x3 stride=2", "2x4x5 2x3x5 stride=2")
    tolerances = by_dtype(float32=(1e-6, 2e-7))

    def arrange(self, framework: str, arrays: Inputs) -> Inputs:
        if framework != "torch":
            return arrays
        x, weight = arrays
        return [
            np.ascontiguousarray(x.swapaxes(1, 2)),
            np.ascontiguousarray(weight.T.swapaxes(1, 2)),
        ]

    def arrange_result(self, framework: str, arrays: Inputs) -> Inputs:
        return [array.swapaxes(1, 2) for array in arrays] if framework == "torch" else arrays

    def output_shape(self, case: Case) -> Shape:
        x, weight = case.shapes
        return x[0], (x[1] - 1) * _stride(case) + weight[1], weight[0]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return partial(mx.conv_transpose1d, stride=_stride(case))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.conv_transpose1d, stride=_stride(case))

    def work(self, case: Case) -> Work:
        """Each number of the input, times each of the kernel's that it meets."""
        x, weight = case.shapes
        return Work(moved(self, case).bytes, 2 * prod(x) * prod(weight[:-1]))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight = arrays
        result = np.zeros(self.output_shape(case))
        for n, step, k in product(range(len(x)), range(x.shape[1]), range(weight.shape[1])):
            result[n, step * _stride(case) + k] += weight[:, k] @ x[n, step]
        return result
