"""The conditions of a measurement that are fixed before it starts, and recorded with it."""

import os
import shutil
import subprocess
import sys


class ConditionError(Exception):
    """Something is missing without which the numbers would be wrong; the text says what to do."""


def compiler() -> str:
    """The C++ compiler that MLX calls at run time, as ``g++ 12.2.0``.

    MLX compiles fused kernels with ``g++`` on the CPU. Without one, 0.21.1 aborts the process,
    0.31.2 raises, and 0.32.0 silently runs uncompiled at half the speed. Raises ConditionError.
    """
    path = shutil.which("g++")
    if path is None:
        how = "xcode-select --install" if sys.platform == "darwin" else "apt-get install g++"
        raise ConditionError(
            "There is no C++ compiler: MLX compiles kernels with g++ while it runs, and is "
            f"slower or fails without. Install one (`{how}`) and run the command again."
        )
    result = subprocess.run([path, "-dumpfullversion", "-dumpversion"], capture_output=True)
    return f"g++ {result.stdout.decode().strip() or 'unknown'}"


def conditions(build: str) -> dict[str, str]:
    """Environment variables that fix threads, cores and precision, with the compiler beside them.

    A variable the user has set stays. ``OMP_NUM_THREADS`` is what PyTorch and OpenBLAS use;
    ``MLX_CPU_AFFINITY`` is the core that MLX's single CPU thread and its caller share
    (Linux only: macOS has no such call; "all" turns it off). On a GPU build the TF32 variables
    make float32 products float32: MLX would round their inputs to 10 bits and PyTorch not.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        pinned = str(cores[-1])  # interrupts are mostly served by the first one
    else:
        cores = list(range(os.cpu_count() or 1))
        pinned = "all"
    wanted = {"OMP_NUM_THREADS": str(len(cores)), "MLX_CPU_AFFINITY": pinned}
    if build != "cpu":
        wanted |= {"MLX_ENABLE_TF32": "0", "NVIDIA_TF32_OVERRIDE": "0"}
    chosen = {name: os.environ.get(name, value) for name, value in wanted.items()}
    return {**chosen, "CXX_VERSION": compiler()}
