"""A measurement begun, or taken up where an earlier run left it: its processes and its display."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psutil
from rich.console import Console

from mlx_asv.asv_edge.suite import Suite, SuiteError
from mlx_asv.interrupts import held
from mlx_asv.measurement.zygotes import Workers
from mlx_asv.observations.store import ObservationsError, Running

from .exclusive import AnotherSweep
from .plan import PlanError, Setting, begun
from .progress import Display
from .session import Session
from .stop import SweepStopped

#: The part of the free memory that a sweep's processes may hold.
MEMORY_PART = 0.8

#: What a measurement may raise, each with one sentence for the user.
ERRORS = (SuiteError, AnotherSweep, PlanError, SweepStopped, ObservationsError)


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
        Workers(suite.python, where, logs, environs=environs, imports=modules) as workers,
    ):
        yield Session(
            *(plan, running, tuple(environs), suite.settings.controls, workers, where),
            *(loaders(suite.build), display),
        )


def loaders(build: str) -> int:
    """Processes that load at the same time: on a GPU they take turns."""
    return (os.cpu_count() or 1) if build in ("", "cpu") else 1


def command_line() -> str:
    """What the user typed."""
    return shlex.join(["mlx-asv", *sys.argv[1:]])
