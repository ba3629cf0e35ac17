"""Processes that are played: their clock, and no other, runs."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from mlx_asv.axes import Axes
from mlx_asv.job import Case
from mlx_asv.measurement.process import Loaded


def case(name, *backends):
    """A case of the benchmark class `name`."""
    return Case(
        f"ops.{name}.time_it",
        "1",
        Axes.of(case="small"),
        60.0,
        {b: i for i, b in enumerate(backends)},
    )


@dataclass
class Machine:
    """What calls take here; every process has a level of its own, as real ones have."""

    #: (benchmark's class, release) -> seconds of a call; 4 ms where nothing is said.
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    #: Standard deviation of log seconds between processes, per class.
    spread: dict[str, float] = field(default_factory=dict)
    #: (class, release) -> what loading raises.
    broken: dict[tuple[str, str], Exception] = field(default_factory=dict)
    rss: int = 1000
    now: float = 0.0
    started: Counter = field(default_factory=Counter)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    renewed: int = 0

    def start(self, arm, *, again=False):
        return Player(self, arm)

    def renew(self, but=()):
        self.renewed += 1


class Player:
    """A process that is not one."""

    def __init__(self, machine, arm):
        self.machine, self.arm = machine, arm

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()

    def start_load(self, suite, benchmark, index):
        self.name = benchmark.split(".")[1]
        self.machine.started[self.name, str(self.arm)] += 1
        seconds = self.machine.seconds.get((self.name, self.arm.release), 0.004)
        noise = self.machine.spread.get(self.name, 0.002) * self.machine.rng.standard_normal()
        self.seconds = seconds * np.exp(noise)

    def finish_load(self, limit):
        self.machine.now += 0.1
        if error := self.machine.broken.get((self.name, self.arm.release)):
            raise error
        return Loaded(self.seconds, self.machine.rss)

    def visit(self, calls, warm, limit):
        self.machine.now += self.seconds * (calls + warm)
        return [self.seconds * (1 + 0.001 * self.machine.rng.standard_normal())] * calls, 1

    def begin_kill(self):
        pass

    def kill(self):
        pass
