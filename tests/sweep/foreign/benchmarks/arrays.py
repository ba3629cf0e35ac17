"""Sorting, indexing and arithmetic, as any asv suite would have them."""

import numpy as np


class Sort:
    """Sorting, by type; 2.0 brought new kernels."""

    params = [["int16", "float64"], [10_000]]
    param_names = ["dtype", "size"]

    def setup(self, dtype, size):
        """Random numbers, new before every call: sorting is in place."""
        self.values = np.random.default_rng(0).integers(0, 30_000, size).astype(dtype)

    def time_sort(self, dtype, size):
        """In place."""
        self.values.sort()


class Arithmetic:
    """No parameters, no setup before each call."""

    values = np.linspace(0, 1, 1000)

    def time_exp(self):
        """A loop that NumPy vectorises."""
        np.exp(self.values)


def time_zeros():
    """What a small call costs."""
    np.zeros(8)
