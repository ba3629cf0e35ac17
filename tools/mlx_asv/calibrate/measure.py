"""The calibration's measurements: a sweep of known histories, one under load, and confirmations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import polars as pl

from mlx_asv.confirm.candidates import cases_of, doubtful
from mlx_asv.confirm.decide import Decide
from mlx_asv.confirm.pair import Pair
from mlx_asv.confirm.plan import PairPlan, between
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.context import Context
from mlx_asv.engine.plan import Plan
from mlx_asv.engine.progress import duration
from mlx_asv.engine.session import Benchmarks, Session, opened
from mlx_asv.job import Case
from mlx_asv.known.load import disturbance
from mlx_asv.metric import TIME
from mlx_asv.observations.store import Running, read
from mlx_asv.sweep.narrow import Narrow
from mlx_asv.sweep.plan import SweepPlan
from mlx_asv.terminal import say
from mlx_asv.verdicts.fresh import fresh
from mlx_asv.verdicts.judge import Judgement, judge
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.sequential import StoppingRule

from .history import ORDER, SUITE, releases

#: Half-width of a 95 % interval, in log time, that a sweep is content with: its own default.
TARGET = 0.01

#: The part of a sweep during which another process loads the machine.
LOADED = (1 / 3, 2 / 3)


@dataclass(frozen=True, kw_only=True)
class Known:
    """One build that is measured as a suite of known histories. `replicates`: as for a sweep."""

    context: Context
    release: str
    environ: Mapping[str, str]
    replicates: int

    @property
    def conditions(self) -> dict[str, str]:
        """The environment's, and the release that all histories are made of."""
        return {**self.context.conditions, "release": self.release}

    @property
    def benchmarks(self) -> Benchmarks:
        """The suite of known histories."""
        # It has no backends; whether processes are copied is the checkout's to say.
        return Benchmarks(str(SUITE), {"": ("mlx.core",)} if self.context.suite.imports else {})

    def plan(self, cases: Sequence[Case]) -> SweepPlan:
        """Of a sweep of histories, the newest release being the reference."""
        return SweepPlan(
            machine=self.context.machine,
            environment=self.context.environment,
            conditions=self.conditions,
            releases=ORDER,
            reference=ORDER[-1],
            cases=tuple(cases),
            replicates=self.replicates,
            target=TARGET,
            longest=inf,
        )

    def pair_plan(self, before: str, after: str, cases: Sequence[Case]) -> PairPlan:
        """Of a confirmation of two of the releases."""
        return PairPlan(
            machine=self.context.machine,
            environment=self.context.environment,
            conditions=self.conditions,
            before=before,
            after=after,
            cases=tuple(cases),
            rule=StoppingRule(),
        )

    def kept(self, cases: Sequence[Case], name: str) -> Path:
        """Where the sweep of these histories is kept, and its confirmations beside it."""
        return self.context.state / "calibrations" / f"{name}-{self.plan(cases).key}"

    def opened(
        self, plan: Plan, running: Running, environs: Mapping[str, Mapping[str, str]]
    ) -> AbstractContextManager[Session]:
        """A measurement of the suite of known histories."""
        return opened(
            self.context,
            plan,
            running=running,
            environs=environs,
            replicates=self.replicates,
            benchmarks=self.benchmarks,
        )


def sweep(known: Known, cases: Sequence[Case], budget: float, name: str) -> pl.DataFrame:
    """The observations of a sweep of the histories.

    What an earlier calibration of the same measured is taken up.
    """
    plan = known.plan(cases)
    running = Running(known.kept(cases, name))
    say(
        known.context.console,
        f"{name}: {len(cases)} cases, {len(ORDER)} releases, budget {duration(budget)}",
    )
    with known.opened(plan, running, releases(known.environ)) as session:
        session.run(
            Narrow(
                plan=plan,
                begun=session.begun,
                controls=known.context.controls,
                loaders=known.context.loaders,
                budget=budget,
            )
        )
    return running.read()


def judged(observations: pl.DataFrame, fresh: pl.DataFrame | None = None) -> Judgement:
    """The verdicts of the tool's own rule."""
    return judge(life_levels(observations, TIME), ORDER, Rule(), fresh=fresh)


def confirmations(
    known: Known, swept: pl.DataFrame, cases: Sequence[Case], budget: float, name: str
) -> pl.DataFrame:
    """The observations of the confirmation of each pair of releases that the sweep leaves in doubt,
    those of earlier confirmations among them."""
    context, kept = known.context, known.kept(cases, name)

    def observed(but: Path | None = None) -> pl.DataFrame:
        """All that lies beside the sweep, but what is in one of the directories."""
        found = kept.parent.glob(f"{kept.name}-confirm-*/*.parquet")
        return read(sorted(path for path in found if path.parent != but))

    verdicts = judged(swept, fresh(observed(), StoppingRule())).verdicts
    pairs = doubtful(verdicts, context.environment, ORDER)
    end = monotonic() + budget
    left = sum(len(pair.series) for pair in pairs)
    every = releases(known.environ)
    for number, pair in enumerate(pairs):
        if monotonic() >= end:
            break
        plan = known.pair_plan(pair.before, pair.after, cases_of(pair, cases, frozenset()))
        running = Running(kept.with_name(f"{kept.name}-confirm-{plan.key}"))
        say(
            context.console,
            f"{name}: pair {number + 1} of {len(pairs)}, {len(pair.series)} candidates",
        )
        environs = {label: every[label] for label in (pair.before, pair.after)}
        with known.opened(plan, running, environs) as session:
            decided = Pair(
                plan=plan,
                begun=session.begun,
                controls=context.controls,
                loaders=context.loaders,
                earlier=between(observed(but=running.path), plan),
            )
            part = (end - monotonic()) * len(pair.series) / left
            session.run(Decide(pair=decided, budget=part))
        left -= len(pair.series)
    return observed()


@contextmanager
def loaded_meanwhile(budget: float) -> Iterator[None]:
    """Another process works, in bursts, in the middle third of the time that is planned."""
    over = Event()

    def later() -> None:
        if over.wait(budget * LOADED[0]):
            return
        with disturbance(seed=1):
            over.wait(budget * (LOADED[1] - LOADED[0]))

    thread = Thread(target=later)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
