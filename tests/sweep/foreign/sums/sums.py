"""What releases of the package return, and what is no number."""

import os
import time

import made


class Sum:
    """An error of each release."""

    params = ((1, 2, 3), ("float32", "bfloat16"))
    param_names = ("size", "dtype")

    def track_error(self, size, dtype):
        """What the release says, in one type; in the other ever the same."""
        time.sleep(0.1)
        return made.ERROR * size if dtype == "float32" else 1e-3

    def track_peak(self, size, dtype):
        """Of no metric."""
        return 1

    def time_sum(self, size, dtype):
        """What a sweep takes."""


class Kept:
    """Memory."""

    def track_growth(self):
        """What the release keeps."""
        return made.KEPT


class Odd:
    """What is no number, or nought."""

    params = ("skips", "nan", "crashes", "exact")
    param_names = ("how",)

    def setup(self, how):
        """Skip the first case."""
        if how == "skips":
            raise NotImplementedError("no such function")

    def track_error(self, how):
        """Return something else, or nothing at all."""
        if how == "crashes":
            os.abort()
        return float("nan") if how == "nan" else 0
