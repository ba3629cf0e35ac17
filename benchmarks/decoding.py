"""Decoding: one token after the other through the layers of a language model."""

from math import prod

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape, nbytes
from .decoder import Config, Decoder, weight_shapes
from .decoder_reference import Text
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal, quantizable
from .loaded import Loaded
from .operation import Operation
from .typed import HALF_PRODUCTS, by_dtype
from .work import Work


class DecoderLayer(Loaded):
    """Four decoder layers with weights of 4 bits, on a cache: `times` tokens, of which each is made
    of what the layers made of the one before. The next one is built while one is computed."""

    cases = ("offset=256 times=1", "offset=256 times=4")
    dtypes = ("float32", "bfloat16")
    backends = UNCOMPILED
    version = 1
    since = "0.10.0"  # has `async_eval`
    since_by_dtype = by_dtype(bfloat16=HALF_PRODUCTS)
    small_cases = ("offset=5 times=1", "offset=5 times=3")
    tolerances = by_dtype(float32=(0.0, 6e-6), bfloat16=(0.0, 0.45))

    config = Config(4, 1024, 16, 4, 2816, bits=4, group=64)

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """A token, keys and values of those before it, and the weights in the order of names."""
        config = self.config
        cached = (config.layers, config.shared, case.numbers["offset"], config.size)
        weights = [
            normal(rng, shape) / np.float32(10) + np.float32(1)
            if len(shape) == 1
            else quantizable(rng, shape, config.bits, config.group)
            for shape in weight_shapes(config).values()
        ]
        return [normal(rng, shape) for shape in (self.output_shape(case), cached, cached)] + weights

    def output_shape(self, case: Case) -> Shape:
        return 1, 1, self.config.width

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        decoder = Decoder(self.config, mx, nn)
        evaluate, async_eval = mx.eval, mx.async_eval
        first, times = case.numbers["offset"], case.numbers["times"]

        def load(keys: Array, values: Array, *weights: Array) -> Function:
            named = dict(zip(weight_shapes(self.config), weights, strict=True))
            step = decoder.load(named, keys, values)

            def decode(token: Array) -> Array:
                token = step(token, first)
                async_eval(token)
                for place in range(first + 1, first + times):
                    token, before = step(token, place), token
                    async_eval(token)
                    evaluate(before)
                return token

            return decode

        return load

    def work(self, case: Case) -> Work:
        """Every token reads all weights, and keys and values of those before it."""
        config, times = self.config, case.numbers["times"]
        weights = sum(prod(shape) for shape in weight_shapes(config).values() if len(shape) > 1)
        groups = weights // config.group
        cached = config.layers * config.shared * config.size * 2 * case.numbers["offset"]
        read = weights * config.bits // 8 + nbytes((2 * groups,), (cached,), dtype=case.dtype)
        return Work(times * read, times * 2 * weights)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        token, keys, values, *weights = arrays
        named = dict(zip(weight_shapes(self.config), weights, strict=True))
        text, found = Text(self.config, named, keys, values), token[0, 0]
        for _ in range(case.numbers["times"]):
            found = text.step(found)
        return np.reshape(found, self.output_shape(case))

    @classmethod
    def small(cls) -> type[Operation]:
        """Two small layers."""

        class Small(cls):  # type: ignore[misc, valid-type]
            config = Config(2, 64, 4, 2, 128, bits=4, group=32)

        Small.__name__ = cls.__name__  # inputs are drawn by name
        return Small
