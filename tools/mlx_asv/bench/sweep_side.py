"""The sweep's own measurement: its policy on real processes, in a directory that goes again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import polars as pl

from mlx_asv.engine.context import Context
from mlx_asv.engine.session import Benchmarks, opened
from mlx_asv.job import Arm, Case
from mlx_asv.observations.store import Running
from mlx_asv.sweep.narrow import Narrow
from mlx_asv.sweep.plan import SweepPlan


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
    context: Context,
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
    suite = context.suite
    plan = SweepPlan(
        machine="bench",
        environment=context.environment,
        conditions=context.conditions,
        releases=tuple(environs),
        reference=next(iter(environs)),
        cases=tuple(cases),
        replicates=replicates,
        target=target,
        longest=inf,
    )
    # Whether a suite without a parameter for the backend is copied is the checkout's to say.
    imports = {**suite.imports, **dict.fromkeys([""] if suite.imports else [], ())}
    watcher = Silent()
    with TemporaryDirectory(prefix="mlx-asv-bench-") as path:
        running = Running(Path(path) / plan.key)
        with opened(
            context,
            plan,
            running=running,
            environs=environs,
            replicates=replicates,
            benchmarks=Benchmarks(directory or suite.directory, imports),
            watcher=watcher,
        ) as session:
            session.run(
                Narrow(
                    plan=plan,
                    begun=session.begun,
                    controls=frozenset(),
                    loaders=context.loaders,
                    budget=budget,
                )
            )
        observations = running.read()
    return Swept(observations, monotonic() - began, watcher.lost_arms)
