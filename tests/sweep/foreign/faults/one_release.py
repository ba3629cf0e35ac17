"""Each goes wrong in its own way with one release, and is fine with all others."""

import ctypes
import os
import resource
import signal
import stat
import time
from pathlib import Path

import numpy as np


class _Clock:
    """Stands still but for calls, so that it is known how many there are in a visit."""

    now = 0.0

    def __call__(self):
        return self.now


class _Fault:
    """Notes every process that tries it."""

    bad = "2.2.6"
    #: The first call that goes wrong: the first of all, or one of a visit.
    call = 1
    timer = _Clock()
    warmup_time = 0

    def setup(self):
        """Called before every call."""
        if not hasattr(self, "calls"):
            self.calls = 0
            path = Path(os.environ["FAULTS"], f"{type(self).__name__}-{np.__version__}")
            with path.open("a") as file:
                file.write("x")
            self.attempt = path.stat().st_size

    def time_it(self):
        """Well, or not."""
        self.calls += 1
        if np.__version__ == self.bad and self.calls >= self.call:
            self.go_wrong()
        self.timer.now += 0.002

    def go_wrong(self):
        """How."""
        raise RuntimeError("a real failure")


class Raises(_Fault):
    """An exception."""


class Segfaults(_Fault):
    """A crash while it is loaded."""

    def go_wrong(self):
        """Reads where nothing is."""
        ctypes.string_at(0)


class CrashesLater(Segfaults):
    """A crash after it has been measured for a while."""

    call = 8


class Hangs(_Fault):
    """It never ends."""

    timeout = 4

    def go_wrong(self):
        """Waits."""
        time.sleep(1000)


class RunsOutOfMemory(_Fault):
    """More than it may have."""

    def go_wrong(self):
        """A limit, and a terabyte."""
        resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
        bytearray(2**40)


class IsKilled(_Fault):
    """As by the kernel when no memory is left."""

    def go_wrong(self):
        """By itself."""
        os.kill(os.getpid(), signal.SIGKILL)


class AnswersGarbage(_Fault):
    """It writes where replies are expected."""

    def go_wrong(self):
        """Into every pipe that is open."""
        for descriptor in range(3, 30):
            try:
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    os.write(descriptor, b"\xffgarbage\n")
            except OSError:
                continue


class DoesNotApply(_Fault):
    """A skip, which is no failure."""

    def setup(self):
        """As asv's documentation has it."""
        super().setup()
        if np.__version__ == self.bad:
            raise NotImplementedError("no such function in this release")


class FailsOnce(Segfaults):
    """What goes well at the second try."""

    def go_wrong(self):
        """Only in the first process."""
        if self.attempt == 1:
            super().go_wrong()
