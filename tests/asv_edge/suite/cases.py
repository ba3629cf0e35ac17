"""Cases that work, and cases that do not."""

import ctypes
import resource
import time
from pathlib import Path


class Well:
    """A matrix product."""

    params = (["small", "large"], ["mlx_cpu", "other"])
    param_names = ("case", "backend")
    repeat = 2
    rounds = 1
    warmup_time = 0

    def setup(self, case, backend):
        import mlx.core as mx

        mx.set_default_device(mx.cpu)
        self.eval = mx.eval
        self.a = mx.ones((8, 8) if case == "small" else (64, 64))

    def time_product(self, case, backend):
        self.eval(self.a @ self.a)


class Badly:
    """One good case among bad ones."""

    params = ("fine", "segfault", "hang", "memory", "error", "skip")
    param_names = ("case",)
    repeat = 2
    rounds = 1
    warmup_time = 0
    timeout = 8

    def setup(self, case):
        if case == "skip":
            raise NotImplementedError("no such API in this release")

    def time_case(self, case):
        if case == "segfault":
            ctypes.string_at(0)
        elif case == "hang":
            time.sleep(3600)
        elif case == "memory":
            limit = 1 << 30
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            hoard = []
            try:
                while True:
                    hoard.append(bytearray(1 << 26))
            finally:
                hoard.clear()  # or nothing is left to print the error with
        elif case == "error":
            raise RuntimeError("a real failure")


class Slowly:
    """Long enough to be interrupted; a file in HOME says that it has begun."""

    repeat = 20
    rounds = 1
    warmup_time = 0
    number = 1

    def time_nap(self):
        Path("~/napping").expanduser().touch()
        time.sleep(0.5)


class Version:
    """Fails, and says which release it ran on."""

    rounds = 1

    def time_version(self):
        import mlx.core as mx

        raise RuntimeError(f"this is {mx.__version__}")
