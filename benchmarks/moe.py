"""Mixtures of experts: each token is multiplied by the weights of the few experts that it asks."""

from math import prod

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape, nbytes
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal, quantizable
from .loaded import Loaded
from .quantized import keywords, options, quantized_bytes, quantizer
from .typed import by_dtype
from .work import Work


class GatherQMM(Loaded):
    """x W^T for each of the `top` experts of a token, with a quantized W for each expert."""

    cases = ("1x1024 32x1024x1024 bits=4 group=64 top=4",)
    dtypes = ("float32", "bfloat16")
    backends = UNCOMPILED
    version = 1
    since = "0.15.2"
    given = 2
    small_cases = (
        "1x64 4x32x64 bits=4 group=64 top=2",
        "9x64 8x64x64 bits=4 group=32 top=3",
    )
    tolerances = by_dtype(float32=(1e-6, 1e-6), bfloat16=(0.0, 0.25))

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """Tokens, the different experts that each asks, the experts' weights."""
        tokens, weights = case.shapes
        asked = [rng.permutation(weights[0])[: case.numbers["top"]] for _ in range(tokens[0])]
        return [normal(rng, tokens), np.array(asked), quantizable(rng, weights, **options(case))]

    def output_shape(self, case: Case) -> Shape:
        (tokens, _), (_, outputs, _) = case.shapes
        return tokens, case.numbers["top"], outputs

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        gather, quantize, how = mx.gather_qmm, quantizer(case, mx), keywords(case)

        def load(weights: Array) -> Function:
            quantized = quantize(weights)

            def ask(x: Array, experts: Array) -> Array:
                rows = x[:, None, None, :]  # a matrix of one row, the same for each expert
                found = gather(rows, *quantized, rhs_indices=experts, transpose=True, **how)
                return found.squeeze(-2)

            return ask

        return load

    def work(self, case: Case) -> Work:
        """Weights of experts that nobody asks are not read."""
        (tokens, inputs), (experts, outputs, _) = case.shapes
        result = self.output_shape(case)
        read = min(experts, tokens * case.numbers["top"]), outputs, inputs
        return Work(
            nbytes((tokens, inputs), result, dtype=case.dtype) + quantized_bytes(case, read),
            2 * prod(result) * inputs,
        )

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, asked, weights = arrays
        return np.array(
            [
                [weights[expert] @ token for expert in experts]
                for token, experts in zip(x, asked, strict=True)
            ]
        )


class GatherQMMSorted(GatherQMM):
    """The same for many tokens: pairs of a token and an expert are put in the order of experts,
    multiplied, and put back."""

    cases = ("32x512 32x512x512 bits=4 group=64 top=4",)
    version = 1
    since = "0.25.0"  # takes `sorted_indices`

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        gather, quantize, how = mx.gather_qmm, quantizer(case, mx), keywords(case)
        argsort, top = mx.argsort, case.numbers["top"]

        def load(weights: Array) -> Function:
            quantized = quantize(weights)

            def ask(x: Array, experts: Array) -> Array:
                pairs = experts.flatten()
                order = argsort(pairs)
                found = gather(
                    x[order // top][:, None, :],
                    *quantized,
                    rhs_indices=pairs[order],
                    transpose=True,
                    sorted_indices=True,
                    **how,
                )
                return found.squeeze(-2)[argsort(order)].reshape(*experts.shape, -1)

            return ask

        return load
