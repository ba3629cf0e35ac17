"""Loops of the package; one case does not apply, and one crashes where it is counted."""

import os
import signal

import made


class Work:
    """Loops of several lengths."""

    params = (1000, 2000, 4000)
    param_names = ("times",)

    def time_loop(self, times):
        """What a release does."""
        made.work(times)


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
