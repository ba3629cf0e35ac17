"""Activations: one pass over memory, fused or not."""

from functools import partial

import numpy as np

from .cases import Case
from .frameworks import Api, Function, Inputs
from .inputs import normal
from .operation import Operation

#: mlx-benchmark's two sizes: 2 and 8 million elements.
SIZES = ("128x16x1024", "64x128x1024")


class LeakyReLU(Operation):
    """max(x, 0.01 x)."""

    cases = SIZES
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.leaky_relu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.leaky_relu

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.maximum(x, np.float32(0.01) * x)


class PReLU(Operation):
    """max(0, x) + alpha min(0, x), with one learned slope alpha."""

    cases = tuple(f"{size} 1" for size in SIZES)
    version = 1

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        x = normal(rng, case.shapes[0])
        return [x, np.full(case.shapes[1], 0.25, dtype=np.float32)]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.prelu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.prelu

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x, alpha: np.maximum(x, 0) + alpha * np.minimum(x, 0)


class ReLU(Operation):
    """max(x, 0)."""

    cases = SIZES
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.relu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.relu

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.maximum(x, 0)


class SeLU(Operation):
    """Scaled exponential linear unit (Klambauer et al. 2017)."""

    cases = SIZES
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.selu

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.selu

    def numpy(self, case: Case, np: Api) -> Function:
        alpha, scale = np.float32(1.6732632423543772), np.float32(1.0507009873554805)
        return lambda x: scale * np.where(x > 0, x, alpha * np.expm1(x))


class Sigmoid(Operation):
    """1 / (1 + exp(-x))."""

    cases = SIZES
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.sigmoid

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.sigmoid

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: 1 / (1 + np.exp(-x))


class Softplus(Operation):
    """log(1 + exp(x))."""

    cases = SIZES
    version = 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return nn.softplus

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.softplus

    def numpy(self, case: Case, np: Api) -> Function:
        return partial(np.logaddexp, np.float32(0))
