"""Random numbers."""

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case
from .frameworks import Api, Function, Inputs
from .typed import Typed, by_dtype


class Bernoulli(Typed):
    """True or false, as likely, in the shape of the array that is given."""

    cases = ("1000000",)
    backends = UNCOMPILED  # compiled, it would draw the same again and again
    version = 1
    small_cases = ("1000",)
    random = True
    tolerances = by_dtype(float32=(0.0, 0.5))  # from 0 to 1

    def result_dtype(self, case: Case) -> str:
        return "bool"

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        draw, shape = mx.random.bernoulli, case.shapes[0]
        return lambda like: draw(0.5, shape)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        empty, boolean = torch.empty_like, torch.bool
        return lambda like: empty(like, dtype=boolean).bernoulli_(0.5)

    def numpy(self, case: Case, np: Api) -> Function:
        draw, shape = np.random.default_rng(0).random, case.shapes[0]
        return lambda like: draw(shape, dtype=np.float32) < np.float32(0.5)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.full(case.shapes[0], 0.5)
