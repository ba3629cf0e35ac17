"""Sums of many numbers, and what is made of them: where an offset, or 16 bits, cost digits."""

from abc import abstractmethod
from math import exp, fsum, log
from typing import Any, ClassVar

import numpy as np

from .agreement import HostArray
from .cases import Case, Shape
from .frameworks import Api, Function, Inputs
from .typed import Typed, by_dtype
from .work import moved


class _OfRows(Typed):
    """Of the last axis of a matrix."""

    cases = ("64x16384",)
    dtypes: ClassVar[tuple[str, ...]] = ("float32", "float16", "bfloat16")
    small_cases = ("3x100",)
    error_cases = ("4x16384",)
    work = moved

    @abstractmethod
    def row(self, row: HostArray) -> Any:
        """The result of one row, in float64."""

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        return np.array([self.row(row) for row in x])


class _OneOfRows(_OfRows):
    """One number of each row. Errors: of numbers around 100, of which all but the first digits are
    the same; in float16 around 3, whose sum is still below its largest number."""

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        (x,) = self.arrays(case, rng)
        return [x + np.float32(3 if case.dtype == "float16" else 100)]

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][:-1]


class RowSum(_OneOfRows):
    """The sum of each row. Errors: of positive numbers around 1, too many for 16 bits to add
    (upstream's #4379)."""

    version = 1
    tolerances = by_dtype(float32=(1e-6, 1e-5), float16=(1e-3, 0.1), bfloat16=(8e-3, 0.8))

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        (x,) = self.arrays(case, rng)
        return [np.abs(x)]

    def row(self, row: HostArray) -> float:
        return fsum(row)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        total = mx.sum
        return lambda x: total(x, axis=-1)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.sum(x, dim=-1)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.sum(x, axis=-1)


def _mean(row: HostArray) -> float:
    return fsum(row) / len(row)


def _variance(row: HostArray) -> float:
    mean = _mean(row)
    return fsum((value - mean) ** 2 for value in row) / len(row)


class RowMean(_OneOfRows):
    """The mean of each row."""

    version = 1
    tolerances = by_dtype(float32=(1e-6, 1e-6), float16=(1e-3, 2e-3), bfloat16=(8e-3, 0.01))

    def row(self, row: HostArray) -> float:
        return _mean(row)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        mean = mx.mean
        return lambda x: mean(x, axis=-1)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.mean(x, dim=-1)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.mean(x, axis=-1)


class RowVariance(_OneOfRows):
    """The variance of each row, of all of its numbers."""

    version = 1
    tolerances = by_dtype(float32=(2e-6, 0.0), float16=(0.01, 0.0), bfloat16=(0.08, 0.0))

    def row(self, row: HostArray) -> float:
        return _variance(row)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        variance = mx.var
        return lambda x: variance(x, axis=-1)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.var(x, dim=-1, correction=0)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: np.var(x, axis=-1)


def _log_softmax(row: HostArray) -> list[float]:
    largest = max(row)
    total = log(fsum(exp(value - largest) for value in row))
    return [value - largest - total for value in row]


class LogSoftmax(_OfRows):
    """x - logsumexp(x) of each row. Errors: of numbers that are large beside their differences,
    where the normalizer is lost (upstream's #4169)."""

    version = 1
    tolerances = by_dtype(float32=(1e-6, 2e-6), float16=(2e-3, 4e-3), bfloat16=(0.01, 0.04))
    error_cases = ("4x2",)

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        sizes = [1.0, 100.0, 1e4, 1e4 if case.dtype == "float16" else 1e8]
        return [np.repeat(np.array(sizes, dtype=np.float32), 2).reshape(case.shapes[0])]

    def row(self, row: HostArray) -> list[float]:
        return _log_softmax(row)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        function: Function = nn.log_softmax
        return lambda x: function(x, axis=-1)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: F.log_softmax(x, dim=-1)


def _softmax(row: HostArray) -> list[float]:
    return [exp(value) for value in _log_softmax(row)]


class RowSoftmax(_OfRows):
    """softmax of each row, in its own element type. Errors: each as a part of its result."""

    dtypes = ("float16", "bfloat16")
    version = 1
    componentwise = True
    tolerances = by_dtype(float16=(0.02, 1e-4), bfloat16=(0.1, 1e-4))

    def row(self, row: HostArray) -> list[float]:
        return _softmax(row)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        softmax = mx.softmax
        return lambda x: softmax(x, axis=-1)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: torch.softmax(x, dim=-1)


class PreciseSoftmax(RowSoftmax):
    """As `RowSoftmax`, with sums in float32."""

    version = 1
    since = "0.9.1"
    tolerances = by_dtype(float16=(2e-3, 1e-6), bfloat16=(0.01, 1e-6))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        softmax = mx.softmax
        return lambda x: softmax(x, axis=-1, precise=True)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        raise NotImplementedError("PreciseSoftmax is not defined in PyTorch")
