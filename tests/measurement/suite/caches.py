"""Benchmarks with a `setup_cache`."""

import os
from pathlib import Path

from .events import clock, note


class Made:
    """What is made, and a file beside it."""

    warmup_time = 0
    params = ("a", "b")

    def setup_cache(self):
        note("made")
        Path("file").write_text("left")
        return {"pid": os.getpid()}

    def time_call(self, cache, param):
        assert cache["pid"] != os.getpid()
        assert Path("file").read_text() == "left"


class Fails:
    """Nothing is made."""

    def setup_cache(self):
        note("fails")
        raise RuntimeError("no such data")

    def time_call(self, cache):
        pass


class Dies:
    """Whoever makes it ends."""

    def setup_cache(self):
        note("dies")
        os._exit(7)

    def time_call(self, cache):
        pass


class SlowSetup:
    """Sets up for longer than it is called."""

    def setup(self):
        clock.work(0.02)

    def time_call(self):
        pass
