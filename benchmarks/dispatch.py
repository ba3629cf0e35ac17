"""What a call costs besides its arithmetic: small products, waited for one by one or together,
chains of operations on one element, graphs that nothing evaluates, compiling, importing.

A case with ``times=N`` does so many operations in one call: its seconds are of all N.
"""

import random
import subprocess
import sys
from functools import reduce
from itertools import cycle
from math import isqrt

import numpy as np

from .agreement import EXACT, ROUNDED, HostArray, product
from .backends import MLX_UNCOMPILED, UNCOMPILED
from .cases import Case, Shape
from .frameworks import Api, Array, Function, Inputs
from .growing import Growing
from .inputs import normal
from .operation import Operation
from .typed import Typed, by_dtype

SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
SQUARES = tuple(f"{size}x{size}" for size in SIZES)

#: Beside the squares, because not every product is one.
SKINNY = "128x30 30x128"

#: Products of one call, by size: enough to make the wait for the last one small beside them, few
#: enough for a CPU to compute 4096x4096 and for the results to fit.
TIMES = (
    *((size, 1000) for size in SIZES if size < 128),
    *((128, 100), (128, 1000), (256, 100), (512, 20)),
    *((size, 4) for size in SIZES if size > 512),
)


class Latency(Growing):
    """One product of two matrices, waited for."""

    cases = (SKINNY, *(f"{square} {square}" for square in SQUARES))
    version = 1
    table = None
    error_cases = ()
    small_cases = ("2x2 2x2", "7x5 5x7")
    tolerance = (1e-6, 2e-6)

    def output_shape(self, case: Case) -> Shape:
        return case.shapes[0][0], case.shapes[1][1]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.matmul

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.matmul

    def numpy(self, case: Case, np: Api) -> Function:
        return np.matmul

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return product(*arrays)


class Throughput(Growing):
    """Products of every left with every right matrix, all enqueued, then waited for once.

    No two of them are equal: a compiled function computes equal ones once.
    """

    cases = (
        *(f"{SKINNY} times={times}" for times in (100, 1000)),
        *(f"{size}x{size} {size}x{size} times={times}" for size, times in TIMES),
    )
    version = 1
    table = None
    error_cases = ()
    small_cases = ("2x2 2x2 times=100", "7x5 5x7 times=6")
    tolerance = (1e-6, 2e-6)

    def arrays(self, case: Case, rng: np.random.Generator) -> Inputs:
        """The left matrices, then the right ones: as equally many as give `times` products."""
        left, right = case.shapes
        lefts = _lefts(case)
        rights = case.numbers["times"] // lefts
        return [normal(rng, shape) for shape in (*[left] * lefts, *[right] * rights)]

    def output_shape(self, case: Case) -> Shape:
        return case.numbers["times"], case.shapes[0][0], case.shapes[1][1]

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return _all_products(mx.matmul, _lefts(case))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return _all_products(torch.matmul, _lefts(case))

    def numpy(self, case: Case, np: Api) -> Function:
        return _all_products(np.matmul, _lefts(case))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        times, count = case.numbers["times"], len(arrays)
        (lefts,) = (n for n in range(1, count // 2 + 1) if n * (count - n) == times)
        return np.array([product(a, b) for a in arrays[:lefts] for b in arrays[lefts:]])


def _lefts(case: Case) -> int:
    """The divisor of `times` that is nearest to its square root."""
    times = case.numbers["times"]
    return next(n for n in range(isqrt(times), 0, -1) if times % n == 0)


def _all_products(matmul: Function, lefts: int) -> Function:
    def multiply(*matrices: Array) -> list[Array]:
        return [matmul(a, b) for a in matrices[:lefts] for b in matrices[lefts:]]

    return multiply


class RandomUniform(Growing):
    """A matrix of random numbers from 0 to 1, like the one that is given."""

    cases = SQUARES
    backends = UNCOMPILED  # compiled, it would draw the same numbers again and again
    version = 1
    table = None
    error_cases = ()
    small_cases = ("3x3", "32x32")
    random = True
    tolerance = (0.0, 0.5)  # from 0 to 1

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        uniform, shape = mx.random.uniform, case.shapes[0]
        return lambda like: uniform(shape=shape)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.rand_like

    def numpy(self, case: Case, np: Api) -> Function:
        draw, shape = np.random.default_rng(0).random, case.shapes[0]
        return lambda like: draw(shape, dtype=np.float32)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.full(case.shapes[0], 0.5)


class AddChain(Operation):
    """x + x + ... + x of one element: with one addition, what evaluating anything costs."""

    cases = ("1 times=1", "1 times=10", "1 times=500")
    version = 1
    table = None
    error_cases = ()
    small_cases = ("1 times=1", "1 times=10", "1 times=500")
    tolerance = (3e-5, 0.0)  # 500 roundings, one after the other

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return _additions(case)

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return _additions(case)

    def numpy(self, case: Case, np: Api) -> Function:
        return _additions(case)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return _sum_of_additions(case, arrays)


class AddGraph(Operation):
    """The graph of the same additions, built and thrown away: nothing computes it."""

    cases = ("1 times=10", "1 times=500")
    backends = MLX_UNCOMPILED  # the others build none, and a compiled function has built it
    version = 1
    table = None
    error_cases = ()
    small_cases = ("1 times=10",)
    tolerance = EXACT

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        add, nothing = _additions(case), mx.zeros((1,))
        mx.eval(nothing)

        def build(x: Array) -> Array:
            add(x)
            return nothing

        return build

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.zeros(1)


class CompileAgain(Operation):
    """The first call of a compiled function whose kernel is there: traced, simplified, run."""

    cases = ("1 times=10",)
    backends = MLX_UNCOMPILED  # it compiles by itself
    version = 1
    table = None
    error_cases = ()
    small_cases = ("1 times=10",)
    tolerance = ROUNDED

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        compile, add = mx.compile, _additions(case)
        return lambda x: compile(lambda y: add(y))(x)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return _sum_of_additions(case, arrays)


class CompileFirst(Operation):
    """The first call of a compiled function that needs a kernel which nobody has compiled."""

    cases = ("1 times=10",)
    backends = MLX_UNCOMPILED
    version = 1
    table = None
    error_cases = ()
    small_cases = ("1 times=10",)
    tolerance = ROUNDED

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        compile, maximum, add = mx.compile, mx.maximum, _additions(case)
        draw = random.SystemRandom().randrange

        def call(x: Array) -> Array:
            # In the source of the kernel, and without effect.
            constant = -float(draw(2**20, 2**24))
            return compile(lambda y: maximum(add(y), constant))(x)

        return call

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return _sum_of_additions(case, arrays)


class CompileLarge(Typed):
    """The first call of a compiled function of `times` parts of its input, one number each, which
    it puts together in the opposite order: that many nodes share a parent."""

    cases = ("1000 times=1000",)
    backends = MLX_UNCOMPILED  # it compiles by itself
    version = 1
    since = "0.4.0"
    table = None
    small_cases = ("20 times=20",)
    error_cases = ()
    tolerances = by_dtype(float32=EXACT)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        compile, concatenate, times = mx.compile, mx.concatenate, case.numbers["times"]

        def reverse(x: Array) -> Array:
            return concatenate([x[place : place + 1] for place in reversed(range(times))])

        return lambda x: compile(lambda y: reverse(y))(x)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return arrays[0][::-1]


class CompileShapeless(Typed):
    """A function that is compiled for all shapes, with another one in every call: x from the start
    on, 1 to 1000 of it in turn. The result is its first number."""

    cases = ("1000 times=10",)
    backends = MLX_UNCOMPILED
    version = 1
    since = "0.4.0"
    table = None
    small_cases = ("1000 times=10",)
    error_cases = ()
    tolerances = by_dtype(float32=ROUNDED)

    def output_shape(self, case: Case) -> Shape:
        return (1,)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        compiled = mx.compile(_additions(case), shapeless=True)
        sizes = cycle(range(1, case.shapes[0][0] + 1))
        return lambda x: compiled(x[: next(sizes)])[:1]

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return _sum_of_additions(case, arrays)[:1]


def _additions(case: Case) -> Function:
    times = case.numbers["times"]
    return lambda x: reduce(lambda total, _: total + x, range(times), x)


def _sum_of_additions(case: Case, arrays: Inputs) -> HostArray:
    result: HostArray = arrays[0] * (case.numbers["times"] + 1)
    return result


class Import(Operation):
    """A fresh Python that imports so many modules, none or the framework, and ends."""

    cases = ("modules=0", "modules=1")
    backends = ("mlx_cpu", "cpu", "numpy")  # the devices make no difference
    version = 1
    table = None
    error_cases = ()
    small_cases = ("modules=0", "modules=1")
    tolerance = EXACT

    def output_shape(self, case: Case) -> Shape:
        return (1,)

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return _start("mlx.core", case, mx.zeros((1,)))

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return _start("torch", case, torch.zeros(1))

    def numpy(self, case: Case, np: Api) -> Function:
        return _start("numpy", case, np.zeros(1, dtype=np.float32))

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        return np.zeros(1)


def _start(module: str, case: Case, result: Array) -> Function:
    program = f"import {module}" if case.numbers["modules"] else ""

    def start() -> Array:
        subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, check=True)
        return result

    return start
