"""Loops of the package; one case does not apply, and one crashes where it is counted."""

import os
import signal

import made

#: Seconds of a pass of a loop, by a clock that nothing else moves; in one release, if somebody says
#: so, twice as many.
PASS = 2e-8 if made.__version__ == os.environ.get("WAITS") else 1e-8


class Clock:
    """Stands still but for loops."""

    now = 0.0

    def __call__(self):
        return self.now


clock = Clock()


class Work:
    """Loops of several lengths."""

    timer = clock
    params = (1000, 2000, 4000)
    param_names = ("times",)

    def time_loop(self, times):
        """What a release does."""
        clock.now += PASS * made.work(times)


class Odd:
    """What cannot be counted."""

    params = ("skips", "crashes")
    param_names = ("how",)

    def setup(self, how):
        """Skip the first case."""
        if how == "skips":
            raise NotImplementedError("no such function")

    def time_call(self, how):
        """Crash in a process that has no other variables than those of a count."""
        if os.environ.get("LC_ALL") == "C":
            os.kill(os.getpid(), signal.SIGSEGV)
