"""The sweep's own measurement: the real `Run`, on block sets kept for as long as it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import polars as pl
import psutil

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.engine.begin import MEMORY_PART, loaders
from mlx_asv.engine.plan import begun
from mlx_asv.engine.session import Session
from mlx_asv.job import Arm, Case
from mlx_asv.measurement.zygotes import Workers
from mlx_asv.observations.store import Running
from mlx_asv.sweep.plan import Design
from mlx_asv.sweep.run import Run


@dataclass
class Silent:
    """A sweep's watcher that remembers only what could not be measured."""

    lost_arms: list[str] = field(default_factory=list)

    def planned(self, least: float, left: float) -> None:
        """Nothing to say."""

    def step(self, case: Case, replicate: int, text: str) -> None:
        """Nothing to say."""

    def done(self, fraction: float, left: float, widest: str) -> None:
        """Nothing to say."""

    def say(self, text: str) -> None:
        """Nothing to say."""

    def lost(self, case: Case, arm: Arm, outcome: str, reason: str) -> None:
        """An arm could not be measured."""
        self.lost_arms.append(f"{case.name} on {arm}: {outcome}: {reason}")


@dataclass(frozen=True)
class Swept:
    """What a sweep observed, and the wall seconds it took."""

    observations: pl.DataFrame
    seconds: float
    lost: list[str]


def sweep(
    suite: Suite,
    cases: Sequence[Case],
    environs: Mapping[str, Mapping[str, str]],
    *,
    replicates: int,
    target: float,
    budget: float,
    directory: str | None = None,
) -> Swept:
    """Sweep `cases`; the first of `environs` is the reference, and gets a twin.

    `environs`: the environment variables of each release's processes, by the name it shall have.
    `target`: half-width of a 95 % interval, in log time; `budget`: seconds; `directory`: of
    another suite than the checkout's. Every call draws an order of its own.
    """
    began = monotonic()
    design = Design(
        "bench",
        suite.environment.name,
        suite.conditions,
        tuple(environs),
        next(iter(environs)),
        tuple(cases),
        replicates,
        target,
        inf,
    )
    watcher = Silent()
    with TemporaryDirectory(prefix="mlx-asv-bench-") as path:
        running = Running(Path(path) / design.key)
        memory = int(psutil.virtual_memory().available * MEMORY_PART)
        plan, _ = begun(running.path, design, memory, "bench")
        where = directory or suite.directory
        # Whether a suite without a parameter for the backend is copied is the checkout's to say.
        imports = {**suite.imports, **dict.fromkeys([""] if suite.imports else [], ())}
        with Workers(
            suite.python, where, running.path, environs=environs, imports=imports
        ) as workers:
            session = Session(
                *(plan, running, tuple(environs), frozenset(), workers, where),
                *(loaders(suite.build), watcher),
            )
            Run(design, session, budget).run()
        observations = running.read()
    return Swept(observations, monotonic() - began, watcher.lost_arms)
