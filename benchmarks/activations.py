"""Activations: one pass over memory, fused or not."""

from functools import partial
from math import e, erfc, exp, log1p, pi, sqrt

import numpy as np

from .agreement import EXACT, ROUNDED, HostArray, elementwise
from .cases import Case
from .frameworks import Api, Function, Inputs
from .inputs import normal
from .operation import Operation
from .work import moved

#: mlx-benchmark's two sizes: 2 and 8 million elements.
SIZES = ("128x16x1024", "64x128x1024")
SMALL = ("4x2x8", "2x3x33")


class LeakyReLU(Operation):
    """max(x, 0.01 x)."""

    cases = SIZES
    version = 1
    small_cases = SMALL
    tolerance = ROUNDED
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.leaky_relu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.leaky_relu

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.maximum(x, np.float32(0.01) * x)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return elementwise(lambda v: v if v > 0 else 0.01 * v, *arrays)


class PReLU(Operation):
    """max(0, x) + alpha min(0, x), with one learned slope alpha."""

    cases = tuple(f"{size} 1" for size in SIZES)
    version = 1
    small_cases = tuple(f"{size} 1" for size in SMALL)
    tolerance = EXACT
    work = moved

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        x = normal(rng, case.shapes[0])
        return [x, np.full(case.shapes[1], 0.25, dtype=np.float32)]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.prelu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.prelu

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x, alpha: np.maximum(x, 0) + alpha * np.minimum(x, 0)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, (alpha,) = arrays
        return elementwise(lambda v: v if v > 0 else alpha * v, x)


class ReLU(Operation):
    """max(x, 0)."""

    cases = SIZES
    version = 1
    small_cases = SMALL
    tolerance = EXACT
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.relu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.relu

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.maximum(x, 0)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return elementwise(lambda v: v if v > 0 else 0.0, *arrays)


class SeLU(Operation):
    """Scaled exponential linear unit (Klambauer et al. 2017)."""

    cases = SIZES
    version = 1
    small_cases = SMALL
    # Loose: MLX has its constants to six digits (1.67326, 1.0507), 4.5e-6 off their product.
    tolerance = (6e-6, 2e-7)
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.selu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.selu

    def numpy(self, case: Case, np: Api) -> Function:
        alpha, scale = np.float32(1.6732632423543772), np.float32(1.0507009873554805)
        return lambda x: scale * np.where(x > 0, x, alpha * np.expm1(x))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        # The constants follow from their definition: zero mean and unit variance stay fixed.
        alpha = -sqrt(2 / pi) / (erfc(1 / sqrt(2)) * exp(1 / 2) - 1)
        scale = (1 - erfc(1 / sqrt(2)) * sqrt(e)) * sqrt(2 * pi)
        scale /= sqrt(
            2 * erfc(sqrt(2)) * e**2
            + pi * erfc(1 / sqrt(2)) ** 2 * e
            - 2 * (2 + pi) * erfc(1 / sqrt(2)) * sqrt(e)
            + pi
            + 2
        )
        return np.where(x > 0, scale * x, scale * alpha * (np.exp(np.minimum(x, 0)) - 1))


class Sigmoid(Operation):
    """1 / (1 + exp(-x))."""

    cases = SIZES
    version = 1
    small_cases = SMALL
    tolerance = ROUNDED
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.sigmoid

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.sigmoid

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: 1 / (1 + np.exp(-x))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        return (1 + np.tanh(x / 2)) / 2


class Softplus(Operation):
    """log(1 + exp(x))."""

    cases = SIZES
    version = 1
    small_cases = SMALL
    tolerance = ROUNDED
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.softplus

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.softplus

    def numpy(self, case: Case, np: Api) -> Function:
        return partial(np.logaddexp, np.float32(0))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return elementwise(lambda v: log1p(exp(v)), *arrays)
