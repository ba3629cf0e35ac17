"""Normalisations along one axis."""

from math import exp, fsum, log

import numpy as np

from .agreement import ROUNDED, HostArray, along
from .cases import FORWARD, GRADIENT, Case
from .frameworks import Api, Array, Function, Inputs
from .operation import Operation
from .typed import Typed, by_dtype
from .work import moved


class LayerNorm(Operation):
    """(x - mean) / sqrt(variance + 1e-5) over the last axis, without weights."""

    cases = ("64x128x1024", "128x64x1024")
    version = 1
    small_cases = ("2x3x16", "3x2x100")
    tolerance = (1e-6, 1e-6)
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        layer: Function = nn.LayerNorm(case.shapes[0][-1], eps=1e-5, affine=False)
        return layer

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        shape = case.shapes[0][-1:]
        return lambda x: F.layer_norm(x, shape, eps=1e-5)

    def numpy(self, case: Case, np: Api) -> Function:
        def normalize(x: Array) -> Array:
            centered = x - x.mean(axis=-1, keepdims=True)
            variance = np.square(centered).mean(axis=-1, keepdims=True)
            return centered / np.sqrt(variance + np.float32(1e-5))

        return normalize

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        rows = []
        for row in x.reshape(-1, x.shape[-1]):
            mean = fsum(row) / len(row)
            variance = fsum(v * v for v in row) / len(row) - mean**2
            rows.append((row - mean) / (variance + 1e-5) ** 0.5)
        return np.array(rows).reshape(x.shape)


class LayerNormAffine(Typed):
    """w (x - mean) / sqrt(variance + 1e-5) + b over the last axis, by every framework's own
    function."""

    cases = ("256x1024 1024 1024",)
    modes = (FORWARD, GRADIENT)
    version = 1
    since = "0.9.0"  # its gradients
    small_cases = ("3x16 16 16", "2x60 60 60")
    tolerances = by_dtype(float32=(1e-6, 5e-7))
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        norm = mx.fast.layer_norm
        return lambda x, weight, bias: norm(x, weight, bias, 1e-5)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        shape = case.shapes[0][-1:]
        return lambda x, weight, bias: F.layer_norm(x, shape, weight, bias, eps=1e-5)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight, bias = arrays
        plain = LayerNorm().reference(case, [x])
        result: HostArray = plain * weight + bias
        return result


class RMSNorm(Typed):
    """w x / sqrt(mean(x^2) + 1e-5) over the last axis, by every framework's own function."""

    cases = ("1x4096 4096", "256x4096 4096", "256x1024 1024")
    dtypes = ("float32", "bfloat16")
    modes = (FORWARD, GRADIENT)
    version = 1
    since = "0.9.0"  # its gradients
    small_cases = ("3x16 16", "2x100 100")
    tolerances = by_dtype(float32=(1e-6, 1e-6), bfloat16=(0.008, 0.008))
    gradient_tolerances = by_dtype(float32=(1e-6, 5e-6), bfloat16=(0.01, 0.03))
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        norm = mx.fast.rms_norm
        return lambda x, weight: norm(x, weight, 1e-5)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        shape = case.shapes[0][-1:]
        return lambda x, weight: F.rms_norm(x, shape, weight, eps=1e-5)

    def numpy(self, case: Case, np: Api) -> Function:
        eps = np.float32(1e-5)
        return lambda x, w: w * x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + eps)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight = arrays
        scale = [(fsum(v * v for v in row) / len(row) + 1e-5) ** -0.5 for row in x]
        result: HostArray = x * np.array(scale)[:, None] * weight
        return result


class Softmax(Operation):
    """exp(x) / sum(exp(x)) along the case's axis (mlx-benchmark dropped it for MLX)."""

    cases = (
        "64x1000000 axis=-1",
        "1000000x64 axis=-1",
        "64x16x32x1024 axis=-1",
        "128x16x32x1024 axis=-1",
        "1024x16x32x128 axis=-1",
        "1024x64x32x8 axis=-1",
    )
    version = 1
    small_cases = ("3x50 axis=-1", "50x3 axis=-1", "2x3x4x5 axis=-1")
    tolerance = ROUNDED
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        softmax = mx.softmax
        return lambda x: softmax(x, axis=case.axis)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.softmax(x, dim=case.axis)

    def numpy(self, case: Case, np: Api) -> Function:
        def softmax(x: Array) -> Array:
            e = np.exp(x - x.max(axis=case.axis, keepdims=True))
            e /= e.sum(axis=case.axis, keepdims=True)
            return e

        return softmax

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        def softmax(line: HostArray) -> list[float]:
            total = log(fsum(map(exp, line)))
            return [exp(value - total) for value in line]

        assert case.axis is not None, "a case of this operation names its axis"
        return np.moveaxis(along(softmax, case.axis, *arrays), -1, case.axis)
