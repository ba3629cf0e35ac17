"""Somebody else on the machine: a process that computes in bursts of random length.

Started with `disturbance`, which also ends it. Should its starter be killed, it ends by itself.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import numpy as np

from mlx_asv.measurement.parent import die_with_parent

#: Seconds that a burst lasts, and the pause after it.
SHORTEST, LONGEST = 0.3, 3.0


@contextmanager
def disturbance(seed: int) -> Iterator[int]:
    """Load a core, unpinned, from when this is entered until it is left, however it is left.

    Yields the process id.
    """
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "mlx_asv.known.load", str(seed)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **one_thread},
    )
    assert process.stdout is not None
    try:
        if not process.stdout.readline():
            raise RuntimeError(f"the disturbing process ended with status {process.wait()}")
        yield process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def bursts(seed: int) -> Iterator[tuple[float, float, bool]]:
    """Seconds of work, of the pause after it, and whether the work is memory traffic."""
    rng = random.Random(seed)
    while True:
        work, pause = rng.uniform(SHORTEST, LONGEST), rng.uniform(SHORTEST, LONGEST)
        yield work, pause, rng.random() < 0.5


def main(seed: int) -> None:
    """Work and pause until killed, or until there is nobody left who would."""
    parent = os.getppid()
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the starter's to handle
    matrix, product = np.ones((2, 300, 300))
    wide = np.ones(4_000_000)  # 32 MB: more than most caches hold
    print("ready", flush=True)
    for work, pause, memory in bursts(seed):
        end = monotonic() + work
        while monotonic() < end and os.getppid() == parent:
            if memory:
                np.add(wide, 1.0, out=wide)
            else:
                np.matmul(matrix, matrix, out=product)
        if os.getppid() != parent:
            return
        sleep(pause)


if __name__ == "__main__":
    main(int(sys.argv[1]))
