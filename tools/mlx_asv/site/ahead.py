"""Our pages begun while asv still makes its own, on the processors that it leaves idle."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess

from mlx_asv.asv_edge.stored import Project
from mlx_asv.verdicts.rule import Rule

from .build import READ_ERRORS, machines
from .machine import machine_pages


def begin(project: Project) -> list[BaseProcess]:
    """Processes that make what is kept of every machine, so that `build` finds it.

    They are stopped when this process ends. What they could not do, `build` does.
    """
    every = machines(project)
    count = min(len(every), os.cpu_count() or 1)
    # No copies of this process: polars' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    found: list[BaseProcess] = [
        context.Process(target=_make, args=(project, every[number::count]), daemon=True)
        for number in range(count)
    ]
    for process in found:
        process.start()
    return found


def _make(project: Project, machines: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is asv's to answer
    gc.disable()  # a sixth of the time, to find in small objects without cycles nothing to free
    for machine in machines:
        with suppress(*READ_ERRORS):  # `build` meets it again, and tells
            machine_pages(project, machine, Rule())
