"""The calibration's measurements: a sweep of known histories, one under load, and confirmations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import polars as pl
from rich.console import Console

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.bench.load import disturbance
from mlx_asv.confirm.candidates import cases_of, doubtful
from mlx_asv.confirm.command import between
from mlx_asv.confirm.pair import Design as PairDesign
from mlx_asv.confirm.pair import Pair
from mlx_asv.confirm.run import run as confirm
from mlx_asv.effects.lives import life_levels
from mlx_asv.engine.begin import session
from mlx_asv.engine.plan import Setting
from mlx_asv.engine.progress import duration
from mlx_asv.engine.session import Session
from mlx_asv.job import Case
from mlx_asv.observations.store import Running, read
from mlx_asv.sweep.plan import Design
from mlx_asv.sweep.run import Run
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


@dataclass(frozen=True)
class Bench:
    """Where and how it is measured. `replicates`: as for a sweep."""

    suite: Suite
    machine: str
    release: str
    environ: Mapping[str, str]
    replicates: int
    console: Console

    @property
    def setting(self) -> tuple[str, str, dict[str, str]]:
        """Where it is measured, and of what."""
        conditions = {**self.suite.conditions, "release": self.release}
        return self.machine, self.suite.environment.name, conditions

    def design(self, cases: Sequence[Case]) -> Design:
        """Of a sweep of histories, the newest release being the reference."""
        here = (*self.setting, ORDER, ORDER[-1], tuple(cases))
        return Design(*here, self.replicates, TARGET, inf)

    def kept(self, cases: Sequence[Case], name: str) -> Path:
        """Where the sweep of these histories is kept, and its confirmations beside it."""
        return self.suite.state / "calibrations" / f"{name}-{self.design(cases).key}"

    def session(
        self, design: Setting, running: Running, environs: Mapping[str, Mapping[str, str]]
    ) -> AbstractContextManager[Session]:
        """A measurement of the suite of known histories."""
        # It has no backends; whether processes are copied is the checkout's to say.
        imports = {"": ("mlx.core",)} if self.suite.imports else {}
        return session(
            *(self.suite, design, running, environs, self.console, self.replicates),
            *(str(SUITE), imports),
        )


def sweep(bench: Bench, cases: Sequence[Case], budget: float, name: str) -> pl.DataFrame:
    """The observations of a sweep of the histories.

    What an earlier calibration of the same measured is taken up.
    """
    design = bench.design(cases)
    running = Running(bench.kept(cases, name))
    say(
        bench.console,
        f"{name}: {len(cases)} cases, {len(ORDER)} releases, budget {duration(budget)}",
    )
    with bench.session(design, running, releases(bench.environ)) as current:
        Run(design, current, budget).run()
    return running.read()


def judged(observations: pl.DataFrame, fresh: pl.DataFrame | None = None) -> Judgement:
    """The verdicts of the tool's own rule."""
    return judge(life_levels(observations), ORDER, Rule(), fresh=fresh)


def confirmations(
    bench: Bench, swept: pl.DataFrame, cases: Sequence[Case], budget: float, name: str
) -> pl.DataFrame:
    """The observations of the confirmation of each pair of releases that the sweep leaves in doubt,
    those of earlier confirmations among them."""
    kept = bench.kept(cases, name)

    def known(but: Path | None = None) -> pl.DataFrame:
        """All that lies beside the sweep, but what is in one of the directories."""
        found = kept.parent.glob(f"{kept.name}-confirm-*/*.parquet")
        return read(sorted(path for path in found if path.parent != but))

    verdicts = judged(swept, fresh(known(), StoppingRule())).verdicts
    pairs = doubtful(verdicts, bench.suite.environment.name, ORDER)
    end = monotonic() + budget
    left = sum(len(pair.series) for pair in pairs)
    every = releases(bench.environ)
    for number, pair in enumerate(pairs):
        if monotonic() >= end:
            break
        wanted = cases_of(pair, cases, frozenset())
        design = PairDesign(*bench.setting, pair.before, pair.after, tuple(wanted), StoppingRule())
        running = Running(kept.with_name(f"{kept.name}-confirm-{design.key}"))
        say(
            bench.console,
            f"{name}: pair {number + 1} of {len(pairs)}, {len(pair.series)} candidates",
        )
        environs = {label: every[label] for label in (pair.before, pair.after)}
        with bench.session(design, running, environs) as current:
            earlier = between(known(but=running.path), design)
            confirm(Pair(design, current, earlier), (end - monotonic()) * len(pair.series) / left)
        left -= len(pair.series)
    return known()


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
