"""Our pages begun while asv still makes its own, on a processor that it leaves idle."""

import multiprocessing
import signal
from contextlib import suppress
from multiprocessing.process import BaseProcess

from tools.asv_edge.stored import Project
from tools.verdicts.rule import Rule

from .build import READ_ERRORS, machines
from .machine import machine_pages


def begin(project: Project) -> BaseProcess:
    """A process that makes what is kept of every machine, so that `build` finds it.

    It is stopped when this process ends. What it could not do, `build` does.
    """
    # No copy of this process: polars' threads do not survive a fork.
    process = multiprocessing.get_context("spawn").Process(
        target=_make, args=(project,), daemon=True
    )
    process.start()
    return process


def _make(project: Project) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is asv's to answer
    with suppress(*READ_ERRORS):  # `build` meets it again, and tells
        for machine in machines(project):
            machine_pages(project, machine, Rule())
