"""`mlx-asv sweep`: from a range and a selection to observations and asv's results."""

import errno
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

import polars as pl
import psutil
from rich.console import Console

from mlx_asv.asv_edge.series_results import write_series
from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.interrupts import held
from mlx_asv.measurement.arms import Case
from mlx_asv.measurement.zygotes import Workers
from mlx_asv.observations.store import ObservationsError, Running, directory, read_machine
from mlx_asv.terminal import say

from .exclusive import AnotherSweep, exclusive
from .plan import Design, PlanError, Setting, begun
from .progress import Display, duration
from .run import Run
from .session import Session
from .summary import print_summary

#: The part of the free memory that a sweep's processes may hold.
MEMORY_PART = 0.8


class SweepStopped(Exception):
    """The sweep ended before its time; says what is saved and how to go on."""


#: What a measurement may raise, each with one sentence for the user.
ERRORS = (SuiteError, AnotherSweep, PlanError, SweepStopped, ObservationsError)


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    range: str
    patterns: tuple[str, ...]
    backends: tuple[str, ...]
    replicates: int
    #: Seconds.
    budget: float
    #: Half-width of a 95 % interval, in log time (1 % is 0.01).
    target: float
    #: Seconds of one call of a case that is worth its time.
    longest: float = inf
    machine: str | None = None
    reference: str | None = None


def sweep(options: Options, console: Console) -> Path:
    """Measure, or go on measuring; the file of observations.

    Raises ERRORS.
    """
    suite = Suite()
    machine = suite.machine(options.machine)
    with exclusive(f"`{command_line()}`"), stoppable() as begin:
        design, environs = designed(suite, machine["machine"], options, console)
        running = begin(Running(suite.state / "sweeps" / design.key))
        target = measure(suite, design, environs, running, options, console)
        observations = running.merge(target)
        publish(suite, machine)
    running.clear()
    print_summary(observations, options.target, console)
    results = suite.results / machine["machine"]
    say(
        console,
        f"Observations: {target}\nasv's results: {results} (`asv publish`, `asv compare A B`)",
    )
    return target


@contextmanager
def stoppable() -> Iterator[Callable[[Running], Running]]:
    """Ctrl-C and a full disk as SweepStopped. Gives a function that is to be told what has begun,
    so that it can be said how much of it is saved."""
    begun: list[Running] = []

    def begin(running: Running) -> Running:
        begun.append(running)
        return running

    try:
        yield begin
    except KeyboardInterrupt:
        raise SweepStopped(
            f"Interrupted. {_saved(begun)}; the same command goes on from there."
        ) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise SweepStopped(
            f"The disk is full. {_saved(begun)}; free some space, and the same command "
            "goes on from there."
        ) from error


def _saved(begun: Sequence[Running]) -> str:
    if not begun:
        return "What was measured before is saved"
    return f"{sum(len(running.finished()) for running in begun)} block sets are saved"


def designed(
    suite: Suite, machine: str, options: Options, console: Console
) -> tuple[Design, dict[str, dict[str, str]]]:
    """What is going to be measured, with the environment of each release's processes."""
    chosen = suite.releases(options.range)
    reference = choose_reference(suite, machine, chosen, options.reference)
    wanted = [tag for tag in suite.order() if tag in {*chosen, reference}]
    environs = install_all(suite, wanted, reference, console)
    cases = comparable(
        suite.cases(reference, options.patterns, options.backends), suite.settings.controls
    )
    design = Design(
        machine,
        suite.environment.name,
        suite.conditions,
        tuple(environs),
        reference,
        tuple(cases),
        options.replicates,
        options.target,
        options.longest,
    )
    return design, environs


def measure(
    suite: Suite,
    design: Design,
    environs: Mapping[str, Mapping[str, str]],
    running: Running,
    options: Options,
    console: Console,
) -> Path:
    """Run the sweep, or what is left of it; where its observations belong."""
    with session(suite, design, running, environs, console, options.replicates) as current:
        say(
            console,
            f"{len(design.cases)} cases, {len(environs)} releases, reference {design.reference}, "
            f"budget {duration(options.budget)}, on {design.machine}",
        )
        Run(design, current, options.budget).run()
    return directory(suite.results, design.machine) / f"{current.sweep.id}.parquet"


@contextmanager
def session(
    suite: Suite,
    design: Setting,
    running: Running,
    environs: Mapping[str, Mapping[str, str]],
    console: Console,
    replicates: int,
    benchmarks: str | None = None,
    imports: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Session]:
    """What was begun of `design`, now or by an earlier run, with processes and a display.

    `replicates`: how many to speak of. `benchmarks`, `imports`: another suite's than the
    checkout's. Ctrl-C is answered while a process is waited for, so within seconds. Raises
    PlanError.
    """
    memory = int(psutil.virtual_memory().available * MEMORY_PART)
    plan, resumed = begun(running.path, design, memory, command_line())
    if resumed:
        done = len(running.finished())
        console.print(f"Going on with {design.what} {plan.id}: {done} {design.parts} are done")
    logs = running.path / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    where = benchmarks or suite.directory
    modules = suite.imports if imports is None else imports
    with (
        held(),
        Display(console, replicates) as display,
        Workers(suite.python, where, logs, modules) as workers,
    ):
        yield Session(
            *(plan, running, environs, suite.settings.controls, workers, where),
            *(loaders(suite.build), display),
        )


def loaders(build: str) -> int:
    """Processes that load at the same time: on a GPU they take turns."""
    return (os.cpu_count() or 1) if build in ("", "cpu") else 1


def command_line() -> str:
    """What the user typed."""
    return shlex.join(["mlx-asv", *sys.argv[1:]])


def choose_reference(suite: Suite, machine: str, chosen: Sequence[str], asked: str | None) -> str:
    """The release that every sweep of this machine shares: the first sweep's, for ever.

    A series continues an earlier one through it, so another cannot be asked for later.
    """
    observed = read_machine(suite.results, machine)
    stored = observed.filter(pl.col("role") == "reference")["release"].unique().to_list()
    if asked is not None:
        asked = one_release(suite, asked, "--reference")
    if stored and asked not in (None, stored[0]):
        raise SuiteError(
            f"The reference of {machine} is {stored[0]}: its earlier sweeps line up with later "
            "ones through it. Leave out --reference, or use another --machine name."
        )
    return str(stored[0]) if stored else asked or chosen[-1]


def one_release(suite: Suite, asked: str, what: str) -> str:
    """The tag of the one release that `asked` names; SuiteError, which says `what`, if it is a
    range of several."""
    releases = suite.releases(asked)
    if len(releases) > 1:
        raise SuiteError(f"{what} is one release, not the {len(releases)} of {asked}.")
    return releases[0]


def install_all(
    suite: Suite, releases: Sequence[str], reference: str, console: Console
) -> dict[str, dict[str, str]]:
    """The environment of each release's workers; one that cannot be installed is left out."""
    environs = {}
    for tag in releases:
        try:
            environs[tag] = suite.install(tag)
        except SuiteError as error:
            if tag == reference:
                raise
            say(console, f"Left out: {error}")
    return environs


def beside_controls(
    suite: Suite, release: str, patterns: Sequence[str], backends: Sequence[str]
) -> list[Case]:
    """The cases of a comparison of two releases, one of them `release`, on these backends, or on
    all; whichever are asked for, the controls are measured beside them."""
    wanted = [*backends, *suite.settings.controls] if backends else []
    found = suite.cases(release, patterns, wanted, save=False)
    return comparable(found, suite.settings.controls)


def comparable(cases: Sequence[Case], controls: frozenset[str]) -> list[Case]:
    """The cases with a backend that changes with the release: controls alone say nothing."""
    found = [case for case in cases if set(case.backends) - controls]
    if not found:
        raise SuiteError(
            "Only controls are selected, which do not change with the release. "
            "Select a backend of the package as well."
        )
    return found


def publish(suite: Suite, machine: dict[str, str]) -> None:
    """Write asv's results from all that was ever observed on this machine."""
    levels = life_levels(read_machine(suite.results, machine["machine"]))
    here = levels.filter(pl.col("environment") == suite.environment.name)
    table = series(here, confidence=0.99).filter(pl.col("role") != "twin")
    write_series(suite, machine, table)
