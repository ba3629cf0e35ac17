"""Gather and scatter over rows, and parts of matrices. The second number of a case of the first
two kinds is how many rows are moved.

Scatters leave their inputs alone and return a new array, on every backend: mlx-benchmark's
Scatter changed its own input from call to call, its ScatterSum and ScatterMax threw the
result away on MLX and touched one column only on PyTorch.
"""

import warnings

import numpy as np

from .agreement import EXACT, ROUNDED, HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .inputs import normal
from .operation import Operation
from .typed import Typed, by_dtype
from .work import moved

SCATTER_CASES = (
    "64x16 10",
    "64x16 1000",
    "64x16 1000000",
    "1024x32 10",
    "1024x32 1000",
    "1024x32 1000000",
)

#: Few of the rows written, and each of them several times.
SMALL = ("8x4 3", "8x4 40", "5x3 100")


class Gather(Operation):
    """x[index]."""

    cases = (
        "64x256 10",
        "64x256 1000",
        "64x256 1000000",
        "1024x32 10",
        "1024x32 1000",
        "1024x32 1000000",
    )
    version = 1
    small_cases = ("8x4 3", "8x4 40")
    tolerance = EXACT

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        (rows, columns), (count,) = case.shapes
        return [
            normal(rng, (rows, columns)),
            rng.integers(rows, size=count),
        ]

    def output_shape(self, case: Case) -> Shape:
        return (*case.shapes[1], case.shapes[0][1])

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x, index: x[index]

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x, index: x[index]

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x, index: x[index]

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, index = arrays
        return np.stack([x[int(row)] for row in index])


class _Scatter(Operation):
    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """Zeros (rows, columns), the row each update goes to (count), updates (count, columns)."""
        (rows, columns), (count,) = case.shapes
        return [
            np.zeros((rows, columns), dtype=np.float32),
            rng.integers(rows, size=count),
            normal(rng, (count, columns)),
        ]


class Scatter(_Scatter):
    """A copy of x in which rows are replaced: y = x; y[index] = updates.

    Rows repeat, and which of two writers wins is not defined on a GPU: updates of one row
    are equal, so that the result is.
    """

    cases = SCATTER_CASES
    version = 1
    small_cases = SMALL
    tolerance = EXACT

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        zeros, index, _ = super().arrays(case, rng)
        return [zeros, index, normal(rng, zeros.shape)[index]]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        def scatter(x: Array, index: Array, updates: Array) -> Array:
            result = mx.array(x)
            result[index] = updates
            return result

        return scatter

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x, index, updates: torch.index_put(x, (index,), updates)

    def numpy(self, case: Case, np: Api) -> Function:
        def scatter(x: Array, index: Array, updates: Array) -> Array:
            result = x.copy()
            result[index] = updates
            return result

        return scatter

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, index, updates = arrays
        rows = dict(zip(index.tolist(), updates, strict=True))
        return np.stack([rows.get(row, old) for row, old in enumerate(x)])


class ScatterSum(_Scatter):
    """A copy of x to whose rows the updates are added."""

    cases = SCATTER_CASES
    version = 1
    small_cases = SMALL
    tolerance = (1e-6, 3e-6)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        at = mx.array.at.fget
        return lambda x, index, updates: at(x)[index].add(updates)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x, index, updates: torch.index_add(x, 0, index, updates)

    def numpy(self, case: Case, np: Api) -> Function:
        def scatter(x: Array, index: Array, updates: Array) -> Array:
            result = x.copy()
            np.add.at(result, index, updates)
            return result

        return scatter

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, index, updates = arrays
        result: HostArray = x + np.eye(len(x))[index].T @ updates
        return result


class ScatterMax(_Scatter):
    """A copy of x whose rows are raised to the largest update."""

    cases = SCATTER_CASES
    version = 1
    small_cases = SMALL
    tolerance = EXACT

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        at = mx.array.at.fget
        return lambda x, index, updates: at(x)[index].maximum(updates)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        warnings.filterwarnings("ignore", "index_reduce", UserWarning)  # "in beta", every time
        return lambda x, index, updates: torch.index_reduce(x, 0, index, updates, "amax")

    def numpy(self, case: Case, np: Api) -> Function:
        def scatter(x: Array, index: Array, updates: Array) -> Array:
            result = x.copy()
            np.maximum.at(result, index, updates)
            return result

        return scatter

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, index, updates = arrays
        return np.stack([np.vstack([old, updates[index == i]]).max(0) for i, old in enumerate(x)])


class Tril(Typed):
    """A matrix with zeros above its diagonal."""

    cases = ("1024x1024",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("4x4", "3x5")
    error_cases = ()
    tolerances = by_dtype(float32=EXACT)
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.tril

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.tril

    def numpy(self, case: Case, np: Api) -> Function:
        return np.tril

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        return np.array(
            [[v if j <= i else 0 for j, v in enumerate(row)] for i, row in enumerate(x)]
        )


class SliceUpdate(Typed):
    """A copy of x, with something added to the rows from `offset` on."""

    cases = ("1000x64 100x64 offset=100",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("8x3 2x3 offset=4", "5x4 5x4 offset=0")
    error_cases = ()
    tolerances = by_dtype(float32=ROUNDED)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        at, (first, end) = mx.array.at.fget, _rows(case)
        return lambda x, more: at(x)[first:end].add(more)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        scatter, (first, end) = torch.slice_scatter, _rows(case)
        return lambda x, more: scatter(x, x[first:end] + more, 0, first, end)

    def numpy(self, case: Case, np: Api) -> Function:
        first, end = _rows(case)

        def update(x: Array, more: Array) -> Array:
            result = x.copy()
            result[first:end] += more
            return result

        return update

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, more = arrays
        first, end = _rows(case)
        return np.vstack([x[:first], x[first:end] + more, x[end:]])


def _rows(case: Case) -> tuple[int, int]:
    """The first of the rows that change, and the end of them."""
    first = case.numbers["offset"]
    return first, first + case.shapes[1][0]
