"""What is kept of 400 calls. For ``asv run``: a sweep measures time.

Something small is done again and again. After the first 100 calls all caches are full, and whatever
grows from then on will go on growing.
"""

import gc
import os
import subprocess
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from . import training
from .backends import BACKENDS, MLX_UNCOMPILED
from .cases import Case
from .frameworks import FRAMEWORKS, Array
from .inputs import normal
from .operation import HARNESS_VERSION
from .resources import limit_memory

#: Calls before the first look, and between both.
BEFORE, BETWEEN = 100, 400

#: Up to 0.24.0 this function was in ``mlx.core.metal``.
ACTIVE = "get_active_memory"

Call = Callable[[], object]


class Growth:
    """Bytes that the calls from the hundredth on leave behind."""

    param_names: ClassVar[list[str]] = ["case", "memory", "backend"]
    params: ClassVar[list[list[str]]] = [
        ["TrainStep", "CompiledShapes"],
        ["active", "resident"],
        list(MLX_UNCOMPILED),
    ]
    version = f"{HARNESS_VERSION}.1"
    unit = "bytes"
    timeout = 120.0

    def setup(self, case: str, memory: str, backend: str) -> None:
        """Do it. Raises NotImplementedError where it is skipped, or memory not told."""
        device = BACKENDS[backend].device
        if device == "cpu":
            limit_memory()
        mx, nn = FRAMEWORKS["mlx"](device).modules
        look = {"active": lambda: active(mx), "resident": resident}[memory]
        self._growth = growth(CASES[case](mx, nn), look)

    def track_growth(self, case: str, memory: str, backend: str) -> int:
        """Bytes."""
        return self._growth


def growth(call: Call, look: Callable[[], int]) -> int:
    """How much more there is after 400 calls, made after 100 others."""
    for _ in range(BEFORE):
        call()
    gc.collect()
    before = look()
    for _ in range(BETWEEN):
        call()
    gc.collect()
    return look() - before


def train(mx: Any, nn: Any) -> Call:
    """A step of training, which goes on from what the one before it left."""
    case = Case.parse(training.TrainStep.cases[0])
    rng = np.random.default_rng(0)
    x, targets, *state = map(mx.array, training.TrainStep().arrays(case, rng))
    targets = targets.astype(mx.int32)
    perceptron = training.Perceptron(case, nn)
    perceptron.give(state)
    mx.eval(x, targets, *state)

    def step() -> Array:
        loss = perceptron.step(x, targets)
        mx.eval(loss, perceptron.model.parameters(), perceptron.optimizer.state)
        return loss

    return step


def compiled_shapes(mx: Any, nn: Any) -> Call:
    """A compiled function, called with two of 200 shapes in turn: with each in the first 100."""
    x = mx.array(normal(np.random.default_rng(0), (200,)))
    function = mx.compile(lambda y: mx.exp(-y * y) + 1)
    sizes = cycle(range(1, 201))
    mx.eval(x)

    def call() -> list[Array]:
        found = [function(x[: next(sizes)]) for _ in range(2)]
        mx.eval(*found)
        return found

    return call


CASES = {"TrainStep": train, "CompiledShapes": compiled_shapes}


def active(mx: Any) -> int:
    """Bytes that MLX says it uses."""
    owner = mx if hasattr(mx, ACTIVE) else getattr(mx, "metal", None)
    release = f"mlx {mx.__version__}"
    if not hasattr(owner, ACTIVE):
        raise NotImplementedError(f"no such API in {release}: {ACTIVE}")
    found = int(getattr(owner, ACTIVE)())
    if found == 0:  # though there are arrays
        raise NotImplementedError(f"{release} does not count the memory of this device")
    return found


def resident() -> int:
    """Bytes of this process that are in memory."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # not Linux
        command = ["ps", "-o", "rss=", "-p", str(os.getpid())]
        return 1024 * int(subprocess.run(command, capture_output=True, check=True).stdout)
    return pages * os.sysconf("SC_PAGE_SIZE")
