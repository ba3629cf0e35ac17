"""Processes that are played: their clock, and no other, runs."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field

import numpy as np
import polars as pl
from mlx_asv.axes import Axes
from mlx_asv.engine.executor import Here
from mlx_asv.engine.found import Looked, measured
from mlx_asv.engine.look import look
from mlx_asv.engine.plan import DESCRIPTION, Begun, begin
from mlx_asv.engine.rows import rows
from mlx_asv.job import Case, Look
from mlx_asv.measurement import blocks
from mlx_asv.measurement.blocks import Blocks, Life
from mlx_asv.measurement.process import Loaded, Visited
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.observations.store import Running

#: What orders are drawn from: the noise of a process depends on when it is started.
SEED = 7


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
    #: Class -> seconds of a benchmark's `setup`, before each call; nothing where nothing is said.
    besides: dict[str, float] = field(default_factory=dict)
    #: Seconds until a process has imported all, of which those of a round are copies.
    importing: float = 0.0
    imported: set = field(default_factory=set)
    #: How many times as long everything takes once the first case is measured.
    slower: float = 1.0
    now: float = 0.0
    started: Counter = field(default_factory=Counter)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    renewed: int = 0

    def clock(self):
        return self.now

    def passes(self, seconds):
        """What takes so many seconds, on a machine that is slower by now."""
        self.now += seconds * (self.slower if self.renewed else 1.0)

    def start(self, arm, *, again=False):
        return Player(self, arm)

    def renew(self, but=()):
        self.renewed += 1
        self.imported.clear()


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
        self.besides = self.machine.besides.get(self.name, 0.0)

    def wait_for_start(self, limit):
        if self.arm not in self.machine.imported:
            self.machine.imported.add(self.arm)
            self.machine.passes(self.machine.importing)

    def finish_load(self, limit):
        self.wait_for_start(limit)
        self.machine.passes(0.1 + 3 * self.besides)
        if error := self.machine.broken.get((self.name, self.arm.release)):
            raise error
        return Loaded(self.seconds, self.seconds, self.machine.rss, self.besides)

    def visit(self, calls, warm, limit):
        self.machine.passes((self.seconds + self.besides) * (calls + warm))
        seconds = self.seconds * (1 + 0.001 * self.machine.rng.standard_normal())
        return Visited([seconds] * calls, 1)

    def begin_kill(self):
        pass

    def kill(self):
        pass


@dataclass
class Watcher:
    """Remembers what it is told."""

    steps: list = field(default_factory=list)
    lost_arms: list = field(default_factory=list)
    #: How far, seconds left, the widest interval, after each block set; and what was planned.
    told: list = field(default_factory=list)
    said: list = field(default_factory=list)

    def planned(self, least, left):
        self.told.append(("planned", least, left))

    def step(self, case, replicate, text):
        self.steps.append((case.name, replicate, text))

    def done(self, fraction, left, widest):
        self.told.append((fraction, left, widest))

    def lost(self, case, arm, outcome, reason):
        self.lost_arms.append((case.name, str(arm), outcome, reason))

    def say(self, text):
        self.said.append(text)


def play(machine, monkeypatch):
    """Let block sets run by the machine's clock."""
    monkeypatch.setattr(blocks, "monotonic", machine.clock)
    monkeypatch.setattr(blocks, "time", machine.clock)


def here(machine, plan, path, memory=10**9):
    """An executor of the run of a plan, begun or continued under `path`."""
    running = Running(path / plan.key)
    running.path.mkdir(exist_ok=True)
    drawn = Begun(f"20260101T000000Z-{plan.key[:6]}{plan.kind}", SEED, memory, "test")
    (running.path / DESCRIPTION).write_text(json.dumps(asdict(drawn)))
    begun, _ = begin(running.path, plan, memory=memory, command="test")
    return Here(
        plan=plan,
        begun=begun,
        running=running,
        workers=machine,
        suite="suite",
        loaders=1,
        watcher=Watcher(),
        clock=machine.clock,
    )


class InMemory:
    """An executor without a file: what its jobs have found is remembered."""

    def __init__(self, machine, plan, earlier=()):
        self.machine, self.plan = machine, plan
        self.begun = Begun("20260101T000000Z-played", SEED, 10**9, "test")
        self.earlier = list(earlier)
        self.jobs, self.found = [], []

    def finished(self):
        yield from self.earlier

    def run(self, job):
        began = self.machine.now
        if isinstance(job, Look):
            probe = look(job, start=self.machine.start, suite="", clock=self.machine.clock)
            found = Looked(job.case.subject, self.machine.now - began, probe)
        else:
            played = Blocks(job, start=self.machine.start, suite="")
            if job.arms:
                played.run(lambda text: None)
            lives = [*played.lives, *(Life(e.arm, [], e.outcome, e.reason) for e in job.ended)]
            seconds = self.machine.now - began
            table = rows(job, lives, plan=self.plan, begun=self.begun, seconds=seconds)
            found = measured(pl.DataFrame(table, schema=SCHEMA), seconds)
        self.jobs.append(job)
        self.found.append(found)
        return found


def ask_all(policy, machine, earlier=()):
    """Ask for jobs until there are no more; the news."""
    for found in earlier:
        policy.tell(found)
    news = []
    while (job := policy.ask()) is not None:
        news += policy.news()
        policy.tell(machine.run(job))
    return news + policy.news()
