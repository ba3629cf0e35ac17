"""Products with quantized weights: a few bits for each, a scale and an offset for each group.

The release itself quantizes the weights, before the clock starts. They are such that every release
makes the same of them (`inputs.quantizable`), so that the reference need not know how it rounds.
"""

from math import prod

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape, nbytes
from .frameworks import Api, Array, Function, Inputs
from .growing import Growing
from .inputs import normal, quantizable
from .loaded import Loaded
from .typed import by_dtype
from .work import Work


class QuantizedMatMul(Loaded, Growing):
    """x W^T, with quantized W, of as many rows and columns as the case's second shape."""

    # From little work to much: see `Growing`.
    cases = (
        "1x2048 2048x2048 bits=2 group=128",
        "1x2048 2048x2048 bits=4 group=64",
        "4x2048 2048x2048 bits=4 group=64",
        "12x2560 2560x2560 bits=4 group=64",
        "128x2048 2048x2048 bits=4 group=32",
    )
    dtypes = ("float32", "float16", "bfloat16")
    backends = UNCOMPILED  # there is nothing to fuse
    version = 1
    small_cases = (
        "1x512 32x512 bits=2 group=128",
        "1x256 64x256 bits=4 group=64",
        "3x288 32x288 bits=4 group=32",
    )
    tolerances = by_dtype(float32=(1e-6, 3e-6), float16=(0.0, 0.04), bfloat16=(0.0, 0.3))

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        x, weight = case.shapes
        return [normal(rng, x), quantizable(rng, weight, **options(case))]

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][0], case.shapes[1][0]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        multiply, quantize = mx.quantized_matmul, quantizer(case, mx)
        how = keywords(case)

        def load(weight: Array) -> Function:
            quantized = quantize(weight)
            return lambda x: multiply(x, *quantized, transpose=True, **how)

        return load

    def work(self, case: Case) -> Work:
        """A dot product for each element of the result."""
        x, weight = case.shapes
        result = self.output_shape(case)
        return Work(
            nbytes(x, result, dtype=case.dtype) + quantized_bytes(case, weight),
            2 * prod(result) * x[-1],
        )

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight = arrays
        result: HostArray = np.einsum("ti,oi->to", x, weight)
        return result


def options(case: Case) -> dict[str, int]:
    """How the case's weights are quantized, as `quantizable` calls it."""
    return {name: case.numbers[name] for name in ("bits", "group")}


def keywords(case: Case) -> dict[str, int]:
    """How the case's weights are quantized, as MLX calls it."""
    return {"bits": case.numbers["bits"], "group_size": case.numbers["group"]}


def quantizer(case: Case, mx: Api) -> Function:
    """From weights to what stands for them: packed numbers, scales and offsets, evaluated."""
    quantize, evaluate, how = mx.quantize, mx.eval, keywords(case)

    def quantized(weight: Array) -> tuple[Array, ...]:
        found = tuple(quantize(weight, **how))
        evaluate(*found)
        return found

    return quantized


def quantized_bytes(case: Case, *shapes: Shape) -> int:
    """Bytes of quantized weights of these shapes: of the numbers, a scale and an offset a group."""
    numbers = sum(map(prod, shapes))
    groups = numbers // case.numbers["group"]
    return numbers * case.numbers["bits"] // 8 + 2 * nbytes((groups,), dtype=case.dtype)
