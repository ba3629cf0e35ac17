"""Caches of keys and values, as mlx-lm keeps them while it decodes."""

from math import prod

import numpy as np

from .agreement import EXACT, HostArray
from .attention import grouped_attention
from .backends import UNCOMPILED
from .cases import Case, Shape, nbytes
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal, quantizable
from .loaded import Loaded
from .quantized import keywords, options, quantized_bytes, quantizer
from .typed import by_dtype
from .work import Work


class KVCache(Loaded):
    """A new row, written into a cache at its place, and the view of what the cache holds then.

    Every call writes the same place. The cache itself is changed: it is copied only if somebody
    else still has it.
    """

    cases = ("1x8x1x128 1x8x4096x128 offset=2048",)
    dtypes = ("bfloat16",)
    backends = UNCOMPILED
    version = 1
    since = "0.8.0"  # writes a slice as one
    small_cases = ("1x2x1x4 1x2x8x4 offset=5", "2x2x1x4 2x2x8x4 offset=0")
    tolerances = by_dtype(bfloat16=EXACT)

    def output_shape(self, case: Case) -> Shape:
        *heads, _, size = case.shapes[1]
        return (*heads, case.numbers["offset"] + 1, size)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        copy = mx.array
        return lambda cache: _writer(copy(cache), case.numbers["offset"])

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        copy = torch.clone
        return lambda cache: _writer(copy(cache), case.numbers["offset"])

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        row, cache = arrays
        before = cache[..., : case.numbers["offset"], :]
        return np.concatenate([before, row], axis=-2)


def _writer(cache: Array, offset: int) -> Function:
    def write(row: Array) -> Array:
        cache[..., offset : offset + 1, :] = row
        return cache[..., : offset + 1, :]

    return write


class QuantizedCacheAttention(Loaded):
    """softmax(q k^T / sqrt(d)) v with quantized keys and values: two products, composed as mlx-lm
    does, since the fused attention takes none. No mask: everything is seen."""

    cases = ("1x8x64x128 1x8x1024x128 1x8x1024x128 bits=4 group=64",)
    dtypes = ("float32",)
    backends = UNCOMPILED
    version = 1
    since = "0.19.1"
    small_cases = ("1x2x3x64 1x2x32x64 1x2x32x64 bits=4 group=32",)
    tolerances = by_dtype(float32=(1e-6, 2e-7))

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        q, *cached = case.shapes
        return [normal(rng, q), *(quantizable(rng, shape, **options(case)) for shape in cached)]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        multiply, softmax, quantize = mx.quantized_matmul, mx.softmax, quantizer(case, mx)
        how, scale = keywords(case), case.shapes[0][-1] ** -0.5

        def load(keys: Array, values: Array) -> Function:
            k, v = quantize(keys), quantize(values)

            def attend(q: Array) -> Array:
                scores = multiply(q * scale, *k, transpose=True, **how)
                parts = softmax(scores, axis=-1, precise=True)
                return multiply(parts, *v, transpose=False, **how)

            return attend

        return load

    def work(self, case: Case) -> Work:
        """q k^T, and its softmax times v."""
        q, *cached = case.shapes
        return Work(
            nbytes(q, q, dtype=case.dtype) + quantized_bytes(case, *cached),
            4 * prod(q) * cached[0][-2],
        )

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        q, k, v = arrays
        return grouped_attention(q, k, v)
