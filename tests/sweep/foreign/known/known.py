"""Work that is twice as much from NumPy 2.4 on, by a clock that is played: only work moves it.

So what a sweep makes of it does not depend on the machine, nor on what else runs there.
"""

import os
import random

import numpy as np

#: A machine that is as many times slower.
SLOWER = float(os.environ.get("SLOWER", "1"))
TIMES = 2 if np.lib.NumpyVersion(np.__version__) >= "2.4.0" else 1

#: Seconds of a call; by how much of it processes differ at most, and the calls of one process.
SECONDS = 0.002
BETWEEN, WITHIN = 0.004, 0.002


class Clock:
    """Stands still but for work."""

    now = 0.0

    def __call__(self):
        return self.now

    def work(self, seconds):
        self.now += seconds


clock = Clock()


class Work:
    """What NumPy takes no part in."""

    timer = clock
    warmup_time = 0

    def setup(self, *_):
        """Draw, once, by how much this process differs from others."""
        if not hasattr(self, "seconds"):
            self.random = random.Random()  # its own: copies of a process share the module's
            level = 1 + self.random.uniform(-BETWEEN, BETWEEN)
            self.seconds = SECONDS * TIMES * SLOWER * level

    def time_sum(self, *_):
        """One addition after the other."""
        clock.work(self.seconds * (1 + self.random.uniform(-WITHIN, WITHIN)))


class Beside(Work):
    """The same on several backends."""

    params = (["array", "list"],)
    param_names = ("backend",)
