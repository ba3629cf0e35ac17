"""MLX kernels called in a loop inside the timed call, so that what a call costs is known exactly.

With ``MLX_ASV_BENCH_EXTRA=0.05`` a timed call really does 105 calls of the kernel instead of 100:
a slowdown of 5 %, in arithmetic, memory and dispatch alike.
"""

import os
from collections.abc import Callable
from importlib import import_module
from itertools import repeat
from time import perf_counter
from typing import Any, ClassVar

#: Calls of the kernel in a timed call without anything extra: 2, 5, 10 and 20 % of it are whole.
CALLS = 100

#: The share of `CALLS` that is done on top; the sweep's arms differ in nothing else.
EXTRA_VARIABLE = "MLX_ASV_BENCH_EXTRA"

Call = Callable[[], object]


def matmul(mx: Any) -> Call:
    """A product of two 48x48 matrices: arithmetic."""
    a, b = _normal(mx, 48, 48), _normal(mx, 48, 48)
    return lambda: mx.eval(mx.matmul(a, b))


def sigmoid(mx: Any) -> Call:
    """The sigmoid of 4096 elements: arithmetic, elementwise."""
    x = _normal(mx, 4096)
    return lambda: mx.eval(mx.sigmoid(x))


def relu(mx: Any) -> Call:
    """The larger of 0 and each of 262144 elements: 1 MB read, 1 MB written."""
    x = _normal(mx, 262144)
    return lambda: mx.eval(mx.maximum(x, 0.0))


def total(mx: Any) -> Call:
    """The sum of 65536 elements: a reduction."""
    x = _normal(mx, 65536)
    return lambda: mx.eval(mx.sum(x))


def add(mx: Any) -> Call:
    """A one-element addition: dispatch."""
    x = _normal(mx, 1)
    return lambda: mx.eval(x + x)


class Kernel:
    """A hundred calls of a kernel, and those that the environment asks for on top."""

    kernels: ClassVar[dict[str, Callable[[Any], Call]]] = {
        "matmul 48x48": matmul,
        "sigmoid 4096": sigmoid,
        "relu 262144": relu,
        "sum 65536": total,
        "add 1": add,
    }
    params: ClassVar[list[list[str]]] = [list(kernels)]
    param_names: ClassVar[list[str]] = ["kernel"]
    version = "1"

    def setup(self, kernel: str) -> None:
        """Prepare once per process: asv calls this before every timed call."""
        if not hasattr(self, "call"):
            self.call = repeated(self.kernels[kernel](load()), calls())

    def time_calls(self, kernel: str) -> None:
        """All of them."""
        self.call()


class Length:
    """A call of a known length: one kernel, or as many as last 10 ms on this machine."""

    params: ClassVar[list[list[float]]] = [[1e-5, 1e-2]]
    param_names: ClassVar[list[str]] = ["seconds"]
    version = "1"

    def setup(self, seconds: float) -> None:
        """Prepare once per process, and find out how many calls it takes."""
        if hasattr(self, "call"):
            return
        one = add(load())
        self.call = one
        if seconds > 1e-4:
            end, done = perf_counter() + 20 * seconds, 0
            while perf_counter() < end:
                one()
                done += 1
            self.call = repeated(one, max(1, round(done / 20)))

    def time_call(self, seconds: float) -> None:
        """As long as that."""
        self.call()


def calls() -> int:
    """How many calls of the kernel a timed call makes; they must come out whole."""
    wanted = CALLS * (1 + float(os.environ.get(EXTRA_VARIABLE, "0")))
    if abs(wanted - round(wanted)) > 1e-6:
        raise ValueError(f"{EXTRA_VARIABLE} asks for {wanted} calls, which is no whole number")
    return round(wanted)


def repeated(call: Call, times: int) -> Call:
    """`call`, so many times in a row."""

    def run() -> None:
        for _ in repeat(None, times):
            call()

    return run


def load() -> Any:
    """MLX on the CPU, on the core that the conditions name, as the real suite runs it."""
    cores = os.environ.get("MLX_CPU_AFFINITY")
    if cores and cores != "all" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    # Not an import statement: type checks then read the same with MLX and without.
    mx = import_module("mlx.core")
    mx.set_default_device(mx.cpu)
    return mx


def _normal(mx: Any, *shape: int) -> Any:
    mx.random.seed(1)
    array = mx.random.normal(shape)
    mx.eval(array)
    return array
