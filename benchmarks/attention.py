"""Attention."""

from functools import partial
from math import fsum, prod, sqrt

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case
from .frameworks import Api, Array, Function, Inputs
from .operation import Operation
from .typed import HALF_PRODUCTS, Typed, by_dtype
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


class _Decode(Typed):
    """Attention of few queries, without a mask; several heads of them share keys and values."""

    dtypes = ("float32", "bfloat16")
    backends = UNCOMPILED  # there is nothing to fuse
    since = "0.6.0"
    since_by_dtype = by_dtype(bfloat16=HALF_PRODUCTS)
    tolerances = by_dtype(float32=(1e-6, 5e-7), bfloat16=(0.01, 0.01))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return partial(F.scaled_dot_product_attention, scale=_scale(case), enable_gqa=True)

    def numpy(self, case: Case, np: Api) -> Function:
        scale = np.float32(_scale(case))

        def attend(q: Array, k: Array, v: Array) -> Array:
            grouped = (q * scale).reshape(*k.shape[:2], -1, q.shape[-1])
            scores = grouped @ k.swapaxes(-1, -2)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            return (scores / scores.sum(axis=-1, keepdims=True) @ v).reshape(q.shape)

        return attend


class AttentionDecode(_Decode):
    """softmax(q k^T / sqrt(d)) v of one new token, or of a few, with all that came before it."""

    cases = (
        "1x32x1x128 1x8x1024x128 1x8x1024x128",
        "1x32x1x256 1x4x16384x256 1x4x16384x256",
        "1x32x8x128 1x8x4096x128 1x8x4096x128",
    )
    version = 1
    small_cases = (
        "1x4x1x16 1x2x9x16 1x2x9x16",
        "2x6x3x32 2x2x40x32 2x2x40x32",
    )

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        attend, scale = mx.fast.scaled_dot_product_attention, _scale(case)
        return lambda q, k, v: attend(q, k, v, scale=scale)

    def work(self, case: Case) -> Work:
        """q k^T, and its softmax times v."""
        q, k, _ = case.shapes
        return Work(moved(self, case).bytes, 4 * prod(q) * k[2])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        q, k, v = arrays
        return grouped_attention(q, k, v)


class AttentionTransposed(_Decode):
    """The same with keys and values as projections leave them: the heads of a token side by side,
    so that attention gets transposed views."""

    cases = ("1x32x1x128 1x1024x32x128 1x1024x32x128",)
    version = 1
    small_cases = ("1x4x1x16 1x9x2x16 1x9x2x16", "1x4x3x32 1x40x4x32 1x40x4x32")

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        attend, scale = mx.fast.scaled_dot_product_attention, _scale(case)
        return lambda q, k, v: attend(
            q, k.transpose(0, 2, 1, 3), v.transpose(0, 2, 1, 3), scale=scale
        )

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        attend = super().torch(case, torch, F)
        return lambda q, k, v: attend(q, k.transpose(1, 2), v.transpose(1, 2))

    def numpy(self, case: Case, np: Api) -> Function:
        attend = super().numpy(case, np)
        return lambda q, k, v: attend(q, k.swapaxes(1, 2), v.swapaxes(1, 2))

    def work(self, case: Case) -> Work:
        """q k^T, and its softmax times v."""
        q, k, _ = case.shapes
        return Work(moved(self, case).bytes, 4 * prod(q) * k[1])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        q, k, v = arrays
        return grouped_attention(q, k.swapaxes(1, 2), v.swapaxes(1, 2))


class AttentionPrefill(Typed):
    """softmax(q k^T / sqrt(d)) v of a whole prompt, where a token sees itself and those before it.

    The mask has no numbers: it is asked for by its name, and need not be read.
    """

    cases = ("1x32x256x64 1x8x256x64 1x8x256x64",)
    dtypes = ("float32", "float16")
    backends = UNCOMPILED
    version = 1
    since = "0.24.0"  # takes the name of a mask
    small_cases = ("1x4x5x16 1x2x5x16 1x2x5x16", "2x6x40x32 2x2x40x32 2x2x40x32")
    tolerances = by_dtype(float32=(1e-6, 1e-6), float16=(0.002, 0.002))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        attend, scale = mx.fast.scaled_dot_product_attention, _scale(case)
        return lambda q, k, v: attend(q, k, v, scale=scale, mask="causal")

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        attend, scale = F.scaled_dot_product_attention, _scale(case)
        return partial(attend, scale=scale, is_causal=True, enable_gqa=True)

    def work(self, case: Case) -> Work:
        """Of what is seen: half of the keys, and the token itself."""
        q = case.shapes[0]
        return Work(moved(self, case).bytes, 2 * prod(q) * (q[-2] + 1))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        q, k, v = arrays
        return grouped_attention(q, k, v, causal=True)


def grouped_attention(q: HostArray, k: HostArray, v: HostArray, causal: bool = False) -> HostArray:
    """Query by query, of heads of which several share keys and values."""
    group = q.shape[1] // k.shape[1]
    result = np.zeros(q.shape)
    for text, head, i in np.ndindex(q.shape[:-1]):
        seen = i + 1 if causal else k.shape[2]
        keys, values = (each[text, head // group, :seen] for each in (k, v))
        scores = keys @ q[text, head, i] / np.sqrt(q.shape[-1])
        parts = np.exp(scores - max(scores))
        result[text, head, i] = parts / fsum(parts) @ values
    return result


def _scale(case: Case) -> float:
    return 1 / sqrt(case.shapes[0][-1])
