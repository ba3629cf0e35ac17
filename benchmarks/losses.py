"""Losses."""

from math import exp, fsum, log

import numpy as np

from .agreement import ROUNDED, HostArray
from .cases import FORWARD, GRADIENT, Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal
from .operation import Operation
from .typed import Typed, by_dtype
from .work import moved


class BCE(Operation):
    """Mean binary cross entropy of logits, MLX's default, on every backend.

    mlx-benchmark compared MLX on logits with PyTorch on probabilities.
    """

    cases = (
        "1000000 1000000",
        "100000x32 100000x32",
        "100000x64x2 100000x64x2",
        "128x100000 128x100000",
    )
    version = 1
    small_cases = ("50 50", "6x5 6x5", "4x3x2 4x3x2")
    tolerance = ROUNDED
    work = moved

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        logits, targets = case.shapes
        return [
            normal(rng, logits),
            rng.integers(2, size=targets).astype(np.float32),
        ]

    def output_shape(self, case: Case) -> Shape:
        return ()

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        loss = nn.losses.binary_cross_entropy
        # Said aloud: the default reduction was "none" before 0.0.8.
        return lambda logits, targets: loss(logits, targets, reduction="mean")

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return F.binary_cross_entropy_with_logits

    def numpy(self, case: Case, np: Api) -> Function:
        zero = np.float32(0)
        return lambda x, t: np.mean(np.logaddexp(zero, x) - x * t)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        logits, targets = arrays
        p = 1 / (1 + np.exp(-logits))
        losses = np.where(targets == 1, -np.log(p), -np.log1p(-p))
        return np.array(fsum(losses.flat) / losses.size)


class CrossEntropy(Typed):
    """Of each row of logits and the index of what it should be: log(sum(exp(x))) - x[index]."""

    cases = ("64x32000",)
    modes = (FORWARD, GRADIENT)
    version = 1
    small_cases = ("3x8", "4x25")
    tolerances = by_dtype(float32=(1e-6, 1e-7))
    work = moved

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        rows, classes = case.shapes[0]
        return [normal(rng, (rows, classes)), rng.integers(classes, size=rows)]

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][:1]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        loss = nn.losses.cross_entropy
        return lambda logits, targets: loss(logits, targets, reduction="none")

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda logits, targets: F.cross_entropy(logits, targets, reduction="none")

    def numpy(self, case: Case, np: Api) -> Function:
        def losses(logits: Array, targets: Array) -> Array:
            most = logits.max(axis=1)
            total = np.log(np.exp(logits - most[:, None]).sum(axis=1))
            return total + most - logits[np.arange(len(targets)), targets]

        return losses

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        shares = [exp(row[i]) / fsum(map(exp, row)) for row, i in zip(*arrays, strict=True)]
        return np.array([-log(share) for share in shares])
