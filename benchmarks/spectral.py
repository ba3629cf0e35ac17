"""Fourier transforms."""

import numpy as np

from .agreement import HostArray
from .backends import UNCOMPILED
from .cases import Case
from .frameworks import Api, Function, Inputs
from .typed import Typed, by_dtype


class FFT(Typed):
    """The transform of every row, all of its complex numbers."""

    cases = ("256x1024",)
    backends = UNCOMPILED
    version = 1
    small_cases = ("3x16", "2x60")
    error_cases = ()  # of real numbers
    tolerances = by_dtype(float32=(1e-6, 5e-7))

    def result_dtype(self, case: Case) -> str:
        return "complex64"

    def mlx(self, case: Case, mx: Api, nn: Api) -> Function:
        return mx.fft.fft

    def torch(self, case: Case, torch: Api, F: Api) -> Function:
        return torch.fft.fft

    def numpy(self, case: Case, np: Api) -> Function:
        fft, narrow = np.fft.fft, np.complex64  # it computes in float64
        return lambda x: fft(x).astype(narrow)

    def reference(self, case: Case, arrays: Inputs) -> HostArray:
        (x,) = arrays
        k = np.arange(x.shape[1])
        result: HostArray = x @ np.exp(-2j * np.pi * np.outer(k, k) / len(k))
        return result
