"""What every measurement needs, whatever it measures: processes, files, somebody who watches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from mlx_asv.job import Arm, Case
from mlx_asv.measurement.blocks import BlockSet, Life, Order, drawn
from mlx_asv.measurement.process import Worker
from mlx_asv.observations.store import Running

from .plan import Setting, Sweep
from .probe import Probe, probe
from .rows import rows


class Workers(Protocol):
    """Starts the processes of the arms."""

    def start(self, arm: Arm, *, again: bool = False) -> Worker:
        """A new process; `again` if the arm's last one has failed."""

    def renew(self, but: Iterable[str] = ()) -> None:
        """The next processes, but those of some backends, have nothing in common with the last."""


class Watcher(Protocol):
    """Is told how a measurement goes."""

    def planned(self, least: float, left: float) -> None:
        """Seconds that the fewest blocks still to come take, and that are left of the budget."""

    def step(self, case: Case, replicate: int, text: str) -> None:
        """What is being done now."""

    def done(self, fraction: float, left: float, widest: str) -> None:
        """A block set is done: how far, seconds left, the widest interval still open."""

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured."""

    def say(self, text: str) -> None:
        """Something is settled."""


@dataclass
class Session:
    """One sweep, confirmation or gate while it is measured, begun or continued."""

    sweep: Sweep
    running: Running
    #: All of them, the oldest first.
    releases: Sequence[str]
    controls: frozenset[str]
    workers: Workers
    #: The directory of the benchmarks.
    suite: str
    #: Processes that load at the same time.
    loaders: int
    watcher: Watcher
    _probes: dict[Case, Probe] = field(default_factory=dict)

    def references(self, case: Case, release: str) -> list[Arm]:
        """The arms of the release that all others are compared with, on each backend."""
        return [
            Arm(backend, release, "reference")
            for backend in case.backends
            if backend not in self.controls
        ]

    def look(self, case: Case, release: str, what: str = "looking at it") -> Probe:
        """What loading `release` on the case tells; once."""
        if case not in self._probes:
            self.watcher.step(case, 0, what)
            references = self.references(case, release)
            self._probes[case] = probe(
                self.running.path, case, references, self.workers.start, self.suite
            )
        return self._probes[case]

    def measure(
        self,
        setting: Setting,
        case: Case,
        replicate: int,
        group: int,
        arms: Sequence[Arm],
        blocks: int,
        order: Order = drawn,
        besides: Sequence[Life] = (),
    ) -> pl.DataFrame:
        """Measure a block set; its observations, which are on the disk by then.

        `besides`: lives that ended before, to be stored with it.
        """
        block_set = BlockSet(case, arms, self.workers.start, self.suite, self.loaders, order=order)
        block_set.run(
            f"{self.sweep.seed} {case.benchmark} {case.label} {replicate} {group}",
            blocks,
            lambda text: self.watcher.step(case, replicate, text),
        )
        lives = [*block_set.lives, *besides]
        return self.save(setting, case, replicate, group, lives, block_set.seconds)

    def save(
        self,
        setting: Setting,
        case: Case,
        replicate: int,
        group: int,
        lives: Sequence[Life],
        seconds: float = 0.0,
    ) -> pl.DataFrame:
        """Put a block set on the disk, and tell what could not be measured; its observations."""
        for life in lives:
            if life.outcome != "ok":
                self.watcher.lost(case, life.arm, life.outcome, life.reason or "")
        return self.running.save(
            rows(setting, self.sweep, case, replicate, group, list(lives), seconds)
        )
