"""Cases that do not apply, fail, or write where they should not."""

import os
import subprocess
import sys
import time

from .events import clock, note

print("printed on import")

#: The process that imported this module, and what happened in the present one.
IMPORTED_BY = os.getpid()
SETUPS = []


class Skips:
    """Every way to say that a case does not apply."""

    params = ("plain", "quotes", "silent", "several", "listed", "applies")
    param_names = ("how",)
    skip_params = (("listed",),)
    warmup_time = 0

    def setup(self, how):
        print("setting up")
        if how == "plain":
            raise NotImplementedError("no such API in this release")
        if how == "quotes":
            raise NotImplementedError("no 'gelu' (yet)\nsee \"nn\"")
        if how == "silent":
            raise NotImplementedError
        if how == "several":
            raise NotImplementedError("no gelu", 2)

    def time_call(self, how):
        note(how)


def no_dtype():
    """A setup that a function has for itself."""
    raise NotImplementedError("no such dtype")


def time_skipping_function():
    """Never called."""
    note("called")


time_skipping_function.setup = no_dtype


class Fails:
    """Raises, in one place or another."""

    params = ("setup", "first call", "later call", "call")
    param_names = ("where",)
    warmup_time = 0
    calls = 0

    def setup(self, where):
        if where == "setup":
            raise RuntimeError("no memory for the input")

    def time_call(self, where):
        self.calls += 1
        if where == "first call" or (where == "later call" and self.calls == 4):
            raise ValueError(f"shapes differ in call {self.calls}")
        if where == "call":
            raise NotImplementedError("only setup may skip")


class Prints:
    """Writes to stdout, and to what lies below it."""

    warmup_time = 0
    timer = staticmethod(clock)

    def setup(self):
        print('{"samples": [1.0], "batch": 1}')
        os.write(1, b'{"samples": [2.0], "batch": 1}\n')

    def time_call(self):
        print('{"samples": [3.0], "batch": 1}', flush=True)
        os.write(1, b'{"samples": [4.0], "batch": 1}\n')
        subprocess.run([sys.executable, "-c", 'print(\'{"samples": [5.0], "batch": 1}\')'])
        clock.work(0.06)


def time_exit():
    """Ends the process."""
    sys.exit(3)


class Tells:
    """Says as a reason what its process is."""

    def setup(self):
        SETUPS.append(self)
        by = "itself" if os.getpid() == IMPORTED_BY else "its parent"
        wave = "with" if "wave" in sys.modules else "without"
        raise NotImplementedError(f"setup {len(SETUPS)}, imported by {by} {wave} wave")

    def time_call(self):
        """Never called."""


class Tracks:
    """Numbers that are tracked, and what is none."""

    params = ("number", "whole", "nan", "infinite", "nothing", "skips", "setup skips", "raises")
    param_names = ("what",)

    def setup(self, what):
        if what == "setup skips":
            raise NotImplementedError("no such API")

    def track_error(self, what):
        print("computing")
        if what == "skips":
            raise NotImplementedError("no 'gelu'")
        if what == "raises":
            raise ValueError("shapes differ")
        return {"number": 3.8e-05, "whole": 2, "nan": float("nan"), "infinite": -float("inf")}.get(
            what
        )


class TracksOddly:
    """Numbers that tell of their process, or that no process lives to tell."""

    params = ("pid", "process", "exit", "hang", "once")
    param_names = ("what",)

    def track_error(self, what):
        if what == "exit":
            sys.exit(3)
        if what == "hang":
            time.sleep(60)
        if what == "once" and os.getpid() != IMPORTED_BY:
            os.abort()  # in a copy
        return os.getpid() if what == "pid" else IMPORTED_BY
