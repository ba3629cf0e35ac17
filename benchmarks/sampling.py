"""From logits to the tokens that may be drawn: what mlx-lm computes for every token.

What may not be drawn gets a number below every logit instead of minus infinity, so that results
can be compared; it takes the same time.
"""

from math import exp, fsum, log

import numpy as np

from .agreement import EXACT, HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .typed import Typed, by_dtype
from .work import moved

LOWEST = -10000.0

#: How much probability the most probable tokens have together, of which one is drawn.
KEPT = 0.9


class LogSumExp(Typed):
    """log(sum(exp(x))) over a vocabulary, which normalizes logits."""

    cases = ("1x151936 axis=-1",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("3x50 axis=-1",)
    tolerances = by_dtype(float32=(1e-6, 0.0))
    work = moved

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][0], 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        logsumexp = mx.logsumexp
        return lambda x: logsumexp(x, axis=case.axis, keepdims=True)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        logsumexp = torch.logsumexp
        return lambda x: logsumexp(x, dim=case.axis, keepdim=True)

    def numpy(self, case: Case, np: Api) -> Function:
        def logsumexp(x: Array) -> Array:
            largest = x.max(axis=case.axis, keepdims=True)
            return np.log(np.exp(x - largest).sum(axis=case.axis, keepdims=True)) + largest

        return logsumexp

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.array([[log(fsum(map(exp, row)))] for row in arrays[0]])


class TopK(Typed):
    """The `top` largest logits; all others are `LOWEST`."""

    cases = ("1x151936 top=40",)
    version = 1
    since = "0.18.0"
    small_cases = ("1x50 top=4", "3x50 top=40")
    tolerances = by_dtype(float32=EXACT)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        partition, put, top = mx.argpartition, mx.put_along_axis, case.numbers["top"]
        lowest = mx.array(LOWEST)

        def keep(x: Array) -> Array:
            others = partition(-x, kth=top - 1, axis=-1)[..., top:]
            return put(x, others, lowest, axis=-1)

        return keep

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        top, count = torch.topk, case.numbers["top"]
        return lambda x: x.masked_fill(x < top(x, count).values[..., -1:], LOWEST)

    def numpy(self, case: Case, np: Api) -> Function:
        top, lowest = case.numbers["top"], np.float32(LOWEST)

        def keep(x: Array) -> Array:
            result = x.copy()
            others = np.argpartition(-x, top - 1, axis=-1)[..., top:]
            np.put_along_axis(result, others, lowest, axis=-1)
            return result

        return keep

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        rows = [(row, sorted(row)[-case.numbers["top"]]) for row in arrays[0]]
        return np.array([[v if v >= least else LOWEST for v in row] for row, least in rows])


class TopP(Typed):
    """The logits of the most probable tokens which have 0.9 of the probability together; all others
    are `LOWEST`. Tokens are sorted by probability, summed up and put back."""

    cases = ("1x151936",)
    version = 1
    since = "0.18.0"
    small_cases = ("1x50", "3x33")
    tolerances = by_dtype(float32=EXACT)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        exp, logsumexp, argsort, cumsum = mx.exp, mx.logsumexp, mx.argsort, mx.cumsum
        take, put, where = mx.take_along_axis, mx.put_along_axis, mx.where
        zeros_like, arange = mx.zeros_like, mx.arange

        def keep(x: Array) -> Array:
            probabilities = exp(x - logsumexp(x, axis=-1, keepdims=True))
            order = argsort(x, axis=-1)
            sums = cumsum(take(probabilities, order, axis=-1), axis=-1)
            places = arange(order.shape[-1], dtype=order.dtype)[None]
            back = put(zeros_like(order), order, places, axis=-1)
            return where(take(sums, back, axis=-1) > 1 - KEPT, x, LOWEST)

        return keep

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        sort = torch.sort

        def keep(x: Array) -> Array:
            values, order = sort(x, dim=-1)
            dropped = values.softmax(dim=-1).cumsum(dim=-1) <= 1 - KEPT
            return x.masked_fill(dropped.scatter(-1, order, dropped), LOWEST)

        return keep

    def numpy(self, case: Case, np: Api) -> Function:
        lowest = np.float32(LOWEST)

        def keep(x: Array) -> Array:
            powers = np.exp(x - x.max(axis=-1, keepdims=True))
            order = np.argsort(x, axis=-1)
            sums = np.cumsum(np.take_along_axis(powers, order, axis=-1), axis=-1)
            kept = np.empty(x.shape, dtype=bool)
            np.put_along_axis(kept, order, sums > (1 - KEPT) * sums[..., -1:], axis=-1)
            return np.where(kept, x, lowest)

        return keep

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.array([[_if_probable(value, row) for value in row] for row in arrays[0]])


def _if_probable(value: float, row: HostArray) -> float:
    """A logit, if what is more probable has less than `KEPT`."""
    before = fsum(exp(other) for other in row if other > value)
    return value if before < KEPT * fsum(map(exp, row)) else LOWEST
