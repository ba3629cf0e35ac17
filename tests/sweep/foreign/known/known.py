"""Arithmetic that is twice as much from NumPy 2.4 on."""

import os

import numpy as np

#: A machine that is as many times slower.
SLOWER = float(os.environ.get("SLOWER", "1"))
TIMES = 2 if np.lib.NumpyVersion(np.__version__) >= "2.4.0" else 1


class Work:
    """What NumPy takes no part in."""

    def setup(self):
        """The same for every call."""
        self.numbers = range(int(100_000 * TIMES * SLOWER))

    def time_sum(self):
        """One addition after the other."""
        sum(self.numbers)
