"""Operations on arrays that do not lie in memory in the order of their axes."""

import numpy as np

from .agreement import EXACT, ROUNDED, HostArray
from .backends import UNCOMPILED
from .cases import Case, Shape
from .frameworks import Api, Function, Inputs
from .inputs import normal
from .typed import Typed, by_dtype
from .work import moved


class AddTransposed(Typed):
    """A square matrix plus its transpose."""

    cases = ("1024x1024",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("3x3", "20x20")
    error_cases = ()
    tolerances = by_dtype(float32=ROUNDED)
    work = moved

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x: x + x.T

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: x + x.T

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: x + x.T

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        return np.array([x[i] + x[:, i] for i in range(len(x))])


class FlattenTransposed(Typed):
    """All numbers along one axis, after the first two axes were exchanged."""

    cases = ("256x256x128",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("2x3x4", "5x4x3")
    error_cases = ()
    tolerances = by_dtype(float32=EXACT)
    work = moved

    def output_shape(self, case: Case) -> Shape:
        a, b, c = case.shapes[0]
        return (a * b * c,)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x: x.transpose(1, 0, 2).reshape(-1)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x: x.permute(1, 0, 2).reshape(-1)

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x: x.transpose(1, 0, 2).reshape(-1)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        return np.concatenate([row[j] for j in range(x.shape[1]) for row in x])


class GatherTransposed(Typed):
    """Slices of an array whose axes were reversed: the last number of a case is how many."""

    cases = ("16x16x16x16x16 16",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("2x3x2x3x4 5", "3x3x3x3x3 2")
    error_cases = ()
    tolerances = by_dtype(float32=EXACT)

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        shape, count = case.shapes
        return [normal(rng, shape), rng.integers(shape[-1], size=count)]

    def output_shape(self, case: Case) -> Shape:
        return (*case.shapes[1], *reversed(case.shapes[0][:-1]))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return lambda x, index: x.transpose()[index]

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return lambda x, index: x.permute(4, 3, 2, 1, 0)[index]

    def numpy(self, case: Case, np: Api) -> Function:
        return lambda x, index: x.transpose()[index]

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        x, index = arrays
        return np.stack([np.moveaxis(x[..., i], (0, 1, 2, 3), (3, 2, 1, 0)) for i in index])
