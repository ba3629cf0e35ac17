"""What language models compute between their products and attention, and an adapter of products."""

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape, nbytes
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal
from .typed import HALF_PRODUCTS, Typed, by_dtype
from .work import Work, moved


class SwiGLU(Typed):
    """silu(gate) x, where silu(v) = v / (1 + exp(-v)): a chain that compiling fuses."""

    cases = ("64x4096 64x4096",)
    dtypes = ("float32", "bfloat16")
    version = 1
    since = "0.1.0"
    small_cases = ("3x16 3x16", "2x33 2x33")
    tolerances = by_dtype(float32=(1e-6, 0.0), bfloat16=(0.02, 0.0))
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        silu = nn.silu
        return lambda gate, x: silu(gate) * x

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        silu = F.silu
        return lambda gate, x: silu(gate) * x

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda gate, x: gate / (1 + np.exp(-gate)) * x

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        gate, x = arrays
        result: HostArray = gate * (1 + np.tanh(gate / 2)) / 2 * x
        return result


class RoPE(Typed):
    """Rotary positions: number i of the first half of a head and of its second half are turned as
    a point of a plane by the angle of the token's place / 10000^(i / half)."""

    cases = ("1x32x1x128 offset=100", "1x32x256x128 offset=0")
    backends = UNCOMPILED  # one function of MLX's
    version = 1
    since = "0.3.0"
    small_cases = ("1x2x1x16 offset=100", "2x3x5x8 offset=0")
    tolerances = by_dtype(float32=(1e-6, 5e-6))
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        rope, size, offset = mx.fast.rope, case.shapes[0][-1], case.numbers["offset"]
        how = {"traditional": False, "base": 10000.0, "scale": 1.0, "offset": offset}
        return lambda x: rope(x, size, **how)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        half = x.shape[-1] // 2
        places = case.numbers["offset"] + np.arange(x.shape[-2])
        angles = places[:, None] / 10000 ** (np.arange(half) / half)
        turned = (x[..., :half] + 1j * x[..., half:]) * np.exp(1j * angles)
        return np.concatenate([turned.real, turned.imag], axis=-1)


class LoRA(Typed):
    """x W^T + 2 (x A) B: a frozen product in 16 bits, and a branch of small rank in float32."""

    cases = ("32x1024 1024x1024 rank=8",)
    dtypes = ("bfloat16",)
    backends = UNCOMPILED
    version = 1
    since_by_dtype = by_dtype(bfloat16=HALF_PRODUCTS)
    small_cases = ("3x32 16x32 rank=2", "5x64 64x64 rank=8")
    tolerances = by_dtype(bfloat16=(0.01, 0.015))

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        x, (outputs, inputs) = case.shapes
        rank = case.numbers["rank"]
        weights = ((outputs, inputs), (inputs, rank), (rank, outputs))
        sizes = (inputs, inputs, rank)  # of the sums: results are about 1
        pairs = zip(weights, sizes, strict=True)
        return [
            normal(rng, x),
            *(normal(rng, each) / np.float32(size**0.5) for each, size in pairs),
        ]

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][0], case.shapes[1][0]

    def input_dtype(self, case: Case, place: int) -> str:
        return case.dtype if place < 2 else "float32"

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        def call(x: Array, weight: Array, a: Array, b: Array) -> Array:
            return x @ weight.T + (2.0 * ((x @ a) @ b)).astype(x.dtype)

        return call

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        linear = F.linear

        def call(x: Array, weight: Array, a: Array, b: Array) -> Array:
            return linear(x, weight) + (2.0 * ((x.float() @ a) @ b)).to(x.dtype)

        return call

    def work(self, case: Case) -> Work:
        """The large product and the two small ones."""
        x, (outputs, inputs) = case.shapes
        rank = case.numbers["rank"]
        result = self.output_shape(case)
        return Work(
            nbytes(x, case.shapes[1], result, dtype=case.dtype) + nbytes((rank, inputs + outputs)),
            2 * x[0] * (inputs * outputs + rank * (inputs + outputs)),
        )

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, weight, a, b = arrays
        merged = weight.T + 2 * np.einsum("ir,ro->io", a, b)
        result: HostArray = np.einsum("ti,io->to", x, merged)
        return result
