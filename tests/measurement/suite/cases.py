"""Cases that work, on a clock of their own."""

import gc
import sys
import time

from .events import clock, note


def time_function():
    """A function in a module, without setup."""
    clock.work(0.0002)


time_function.timer = clock
time_function.warmup_time = 0


def set_up():
    """What comes before a function in a module."""
    note("setup")


def time_function_with_setup():
    """A function in a module, with setup."""
    clock.work(0.0002)


time_function_with_setup.timer = clock
time_function_with_setup.warmup_time = 0
time_function_with_setup.setup = set_up


class Plain:
    """A method without setup."""

    warmup_time = 0
    timer = staticmethod(clock)

    def time_method(self):
        clock.work(0.0001)


class Set:
    """Setup and teardown around every timed call."""

    warmup_time = 0
    timer = staticmethod(clock)

    def setup(self):
        note("setup")
        self.items = [3, 1, 2]

    def time_sort(self):
        clock.work(0.0001 if self.items == [3, 1, 2] else 9.0)
        self.items.sort()

    def teardown(self):
        note("teardown")


class Warms:
    """The first call of all compiles something."""

    timer = staticmethod(clock)
    calls = 0

    def time_call(self):
        self.calls += 1
        clock.work(0.02 if self.calls > 1 else 0.05)


class WarmsBriefly(Warms):
    """Says for how long."""

    warmup_time = 0.06


class WarmsWithSetup(Warms):
    """Every call is preceded by one."""

    def setup(self):
        note("setup")


class Grid:
    """Two parameters: the last varies fastest."""

    params = ((1, 2), (0.1, 1.0, 10.0))
    param_names = ("times", "unit")
    timer = staticmethod(clock)

    def setup(self, times, unit):
        self.seconds = times * unit

    def time_product(self, times, unit):
        clock.work(self.seconds)


class Cached:
    """A cache that all share; this one is falsy."""

    params = ("a", "b")
    warmup_time = 0
    timer = staticmethod(clock)

    def setup_cache(self):
        note("cache")
        return []

    def setup(self, cache, param):
        note(f"setup {cache} {param}")

    def time_call(self, cache, param):
        clock.work(0.02)
        note(f"{cache} {param}")


class Frozen:
    """Looks at the garbage collector."""

    warmup_time = 0

    def time_call(self):
        note("frozen" if gc.get_freeze_count() else "thawed")


def time_modules():
    """Writes down what has been imported."""
    note(" ".join(sys.modules))


time_modules.warmup_time = 0


def time_forever():
    """Does not come back."""
    note("asleep")
    time.sleep(3600)


def timeraw_process():
    """Timed in a process of its own."""
    return "sum(range(10))"


timeraw_process.warmup_time = 0
