"""Attention."""

from functools import partial
from math import fsum, prod, sqrt

import numpy as np

from .agreement import HostArray
from .cases import Case
from .frameworks import Api, Array, Function, Inputs
from .operation import Operation
from .work import Work, moved


class ScaledDotProductAttention(Operation):
    """softmax(q k^T / sqrt(d) + mask) v with a causal mask: position i sees keys 0 to i.

    The mask is additive and really hides what lies ahead (0 and -inf). mlx-benchmark's was
    built from ones and hid nothing.
    """

    cases = (
        "64x8x16x1024 64x8x16x1024 64x8x16x1024",
        "64x8x16x1024 64x8x64x1024 64x8x64x1024",
        "64x16x16x1024 64x16x16x1024 64x16x16x1024",
        "64x16x16x1024 64x16x64x1024 64x16x64x1024",
    )
    version = 1
    small_cases = (
        "2x3x4x16 2x3x4x16 2x3x4x16",
        "2x3x4x16 2x3x7x16 2x3x7x16",
        "1x2x16x64 1x2x64x64 1x2x64x64",
    )
    tolerance = (1e-6, 1.5e-6)

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        q, k = case.shapes[0][-2], case.shapes[1][-2]
        mask = np.where(np.tri(q, k, dtype=bool), np.float32(0), np.float32("-inf"))
        return [*super().arrays(case, rng), mask]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        attend = mx.fast.scaled_dot_product_attention
        scale = _scale(case)
        return lambda q, k, v, mask: attend(q, k, v, scale=scale, mask=mask)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.scaled_dot_product_attention, scale=_scale(case))

    def numpy(self, case: Case, np: Api) -> Function:
        scale = np.float32(_scale(case))

        def attend(q: Array, k: Array, v: Array, mask: Array) -> Array:
            scores = (q * scale) @ k.swapaxes(-1, -2) + mask
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            return scores / scores.sum(axis=-1, keepdims=True) @ v

        return attend

    def work(self, case: Case) -> Work:
        """q k^T, and its softmax times v."""
        q, k, v = case.shapes
        return Work(moved(self, case).bytes, 2 * prod(q[:-1]) * k[-2] * (q[-1] + v[-1]))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        q, k, v, _ = arrays  # the mask is not looked at: which keys are seen is said here
        result = np.zeros((*q.shape[:-1], v.shape[-1]))
        for *head, i in np.ndindex(q.shape[:-1]):
            batch = tuple(head)
            scores = k[batch][: i + 1] @ q[batch][i] / np.sqrt(q.shape[-1])
            parts = np.exp(scores - max(scores))
            result[(*batch, i)] = parts / fsum(parts) @ v[batch][: i + 1]
        return result


def _scale(case: Case) -> float:
    return 1 / sqrt(case.shapes[0][-1])
