"""Sums by type and backend, and cases that are told apart by more than their texts."""

import numpy as np


def work(times):
    """A call that takes so many times as long."""
    values = np.ones(2000)
    for _ in range(times):
        values.sum()


class Sum:
    """A third axis, after the backend."""

    params = [["short", "long"], ["array", "list"], ["float32", "float64"]]
    param_names = ["case", "backend", "dtype"]

    def setup(self, case, backend, dtype):
        """Ones."""
        values = np.ones({"short": 1000, "long": 4000}[case], dtype)
        self.sum = {"array": values.sum, "list": lambda ones=list(values): sum(ones)}[backend]

    def time_sum(self, case, backend, dtype):
        """All of them."""
        self.sum()


class Alike:
    """A number and a text: the text takes longer."""

    params = [[1, "1"]]
    param_names = ["value"]

    def time_it(self, value):
        """Calls."""
        work(20 if isinstance(value, str) else 1)


class Split:
    """Two values that are one text with the comma between them."""

    params = [["a", "a, b"], ["b, c", "c"]]
    param_names = ["one", "other"]

    def time_it(self, one, other):
        """Calls: the longer the first text, the more."""
        work(20 if "," in one else 1)
