"""Functions of each element whose error is known to have moved: with arguments that are hard."""

from abc import abstractmethod
from math import cos, erf, exp, prod, sin
from typing import ClassVar

import numpy as np

from .agreement import HostArray, elementwise
from .cases import Case
from .frameworks import Api, Function, Inputs
from .typed import Typed, by_dtype
from .work import moved

#: The largest number of an element type, or what is enough.
LARGEST = {"float32": 1e10, "float16": 6e4, "bfloat16": 1e10}


def spread(case: Case, largest: float) -> Inputs:
    """Numbers of both signs from 0.001 to `largest`, evenly on a logarithmic axis."""
    (shape,) = case.shapes
    size = np.logspace(-3, np.log10(largest), prod(shape))
    signs = np.where(np.arange(prod(shape)) % 2, -1.0, 1.0)
    return [(signs * size).astype(np.float32).reshape(shape)]


class _Elementwise(Typed):
    cases = ("1000000",)
    dtypes: ClassVar[tuple[str, ...]] = ("float32", "float16", "bfloat16")
    small_cases = ("300",)
    error_cases = ("3000",)
    work = moved

    @abstractmethod
    def of(self, x: float) -> float:
        """The result of one number, in float64."""

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return elementwise(self.of, *arrays)


class Sin(_Elementwise):
    """sin x. Errors: of arguments up to 1e10, which have to be reduced (upstream's #4157)."""

    version = 1
    tolerances = by_dtype(float32=(2e-7, 2e-7), float16=(1e-3, 1e-4), bfloat16=(8e-3, 1e-4))

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        return spread(case, LARGEST[case.dtype])

    def of(self, x: float) -> float:
        return sin(x)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.sin

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.sin

    def numpy(self, case: Case, np: Api) -> Function:
        return np.sin


class Cos(Sin):
    """cos x. Errors: as of `Sin`."""

    version = 1

    def of(self, x: float) -> float:
        return cos(x)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.cos

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.cos

    def numpy(self, case: Case, np: Api) -> Function:
        return np.cos


class Exp(_Elementwise):
    """e to the x. Errors: of arguments from -10 to 10, each as a part of its result."""

    version = 1
    componentwise = True
    tolerances = by_dtype(float32=(5e-7, 0.0), float16=(2e-3, 1e-6), bfloat16=(1e-2, 0.0))

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        (shape,) = case.shapes
        return [np.linspace(-10, 10, prod(shape), dtype=np.float32).reshape(shape)]

    def of(self, x: float) -> float:
        return exp(x)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.exp

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.exp

    def numpy(self, case: Case, np: Api) -> Function:
        return np.exp


class Erf(_Elementwise):
    """The error function. Errors: of arguments from -4 to 4, each as a part of its result."""

    version = 1
    componentwise = True
    tolerances = by_dtype(float32=(1e-6, 1e-6), float16=(2e-3, 1e-6), bfloat16=(1e-2, 0.0))

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        (shape,) = case.shapes
        return [np.linspace(-4, 4, prod(shape), dtype=np.float32).reshape(shape)]

    def of(self, x: float) -> float:
        return erf(x)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.erf

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.erf


class HalfSigmoid(_Elementwise):
    """1 / (1 + exp(-x)) in 16 bits. Errors: of arguments from -8 to 8, each as a part of its
    result."""

    dtypes = ("float16", "bfloat16")
    version = 1
    componentwise = True
    tolerances = by_dtype(float16=(4e-3, 1e-6), bfloat16=(2e-2, 0.0))

    def hurting(self, case: Case, rng: np.random.Generator) -> Inputs:
        (shape,) = case.shapes
        return [np.linspace(-8, 8, prod(shape), dtype=np.float32).reshape(shape)]

    def of(self, x: float) -> float:
        return 1 / (1 + exp(-x))

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.sigmoid

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.sigmoid
