"""Cases of which the instructions are known but for a factor, in Python alone."""

import os
import signal
import subprocess
import sys
import time
from itertools import repeat


def spend(times):
    """Execute as many times as much."""
    for _ in repeat(None, times):
        pass


class Loop:
    """Twice as much is twice as much."""

    params = (20_000, 40_000)

    def time_loop(self, times):
        spend(times)


class Prepared:
    """What comes before a call may be more than the call."""

    params = (0, 500_000)

    def setup(self, times):
        spend(times)

    def time_loop(self, times):
        spend(20_000)


class FirstCall:
    """Something is done but once, by the first call of each process."""

    done = False

    def time_loop(self):
        if not self.done:
            self.done = True
            spend(500_000)
        spend(20_000)


class Ends:
    """Calls that do not return, or not as they should."""

    params = ("skips", "raises", "crashes", "exits", "hangs", "starts a process")

    def setup(self, how):
        if how == "skips":
            raise NotImplementedError("no such API in this release")

    def time_call(self, how):
        if how == "raises":
            raise ValueError("shapes differ")
        if how == "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        if how == "exits":
            sys.exit(3)
        if how == "hangs":
            time.sleep(3600)
        if how == "starts a process":
            subprocess.run(["true"])
