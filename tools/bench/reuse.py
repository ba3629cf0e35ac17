"""What it costs to measure a case in a process that has measured others before.

Equal processes of one release hold the same case: some are new, some have measured other cases
first. Both kinds sit in the same blocks. How far the processes of a kind spread is the noise of a
replicate; how far the kinds differ is the bias of reuse.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np
from rich.table import Table

from tools.asv_edge.suite import Suite
from tools.effects.polish import polish
from tools.measurement.arms import Arm, Case
from tools.measurement.blocks import BlockSet, Limits, Start
from tools.measurement.process import Worker

from .report import percent, table
from .subjects import BACKEND

NOTES = (
    "Processes of one release, half of them new, half of them after measuring the other cases; all "
    "in the same blocks. sd: of a process's level, between processes of a kind. bias: the median "
    "used process against the median new one. s: wall time of a process's life, its blocks too."
)

#: Processes of each kind in a block set.
PROCESSES = 6

#: Visits of each case that a process measures before.
VISITS_BEFORE = 20


@dataclass(frozen=True)
class Reuse:
    """One case: standard deviations between processes, bias and start-up, in parts and seconds."""

    case: str
    fresh_sd: float
    used_sd: float
    #: Log ratio of the median used process to the median new one.
    bias: float
    #: Wall seconds of the block sets, per process.
    seconds: float


def used(start: Start, suite: str, before: Sequence[Case]) -> Start:
    """Starts a process that measures the cases of `before` and is then as good as new."""

    def begin(arm: Arm) -> Worker:
        worker = start(arm)
        if arm.role != "release":
            return worker
        for case in before:
            worker.start_load(suite, case.benchmark, case.backends[BACKEND])
            loaded = worker.finish_load(case.timeout)
            for _ in range(VISITS_BEFORE):
                worker.visit(max(1, round(0.01 / loaded.seconds)), True, 60.0)
        return worker

    return begin


def measure(
    case: Case,
    before: Sequence[Case],
    environ: Mapping[str, str],
    start: Start,
    suite: str,
    lives: int,
    blocks: int,
) -> Reuse:
    """`lives` block sets of new and used processes of one release, of `blocks` blocks each."""
    new = [Arm(BACKEND, f"new {n}", "reference", environ) for n in range(PROCESSES)]
    old = [Arm(BACKEND, f"used {n}", "release", environ) for n in range(PROCESSES)]
    levels = []
    began = monotonic()
    for life in range(lives):
        block_set = BlockSet(case, [*new, *old], used(start, suite, before), suite)
        block_set.run(
            f"reuse {life}",
            Limits(blocks, blocks, 0.0),
            lambda table: np.zeros(table.shape[1], dtype=bool),
            lambda text: None,
        )
        arms = polish(block_set.log_seconds()).arms
        levels.append(arms - np.median(arms[:PROCESSES]))
    table = np.array(levels)
    fresh, reused = table[:, :PROCESSES], table[:, PROCESSES:]
    seconds = monotonic() - began
    return Reuse(
        case.name,
        float(np.std(fresh - np.median(fresh, axis=1, keepdims=True))),
        float(np.std(reused - np.median(reused, axis=1, keepdims=True))),
        float(np.median(reused)),
        seconds / lives / (2 * PROCESSES),
    )


def measure_all(
    suite: Suite, cases: Sequence[Case], environ: Mapping[str, str], lives: int, blocks: int
) -> list[Reuse]:
    """Each case, in new processes and in such as have measured all the others."""
    numbers = itertools.count()
    with TemporaryDirectory(prefix="mlx-asv-bench-") as path:

        def start(arm: Arm) -> Worker:
            return Worker(suite.python, arm.environ, Path(path) / f"{next(numbers)}.log")

        return [
            measure(
                case,
                [other for other in cases if other != case],
                environ,
                start,
                suite.directory,
                lives,
                blocks,
            )
            for case in cases
        ]


def reuse_table(found: Sequence[Reuse]) -> Table:
    """One row per case."""
    return table(
        "6. A process for each case, or for several",
        ("case", "new: sd %", "used: sd %", "bias %", "s"),
        [
            (
                each.case,
                percent(each.fresh_sd),
                percent(each.used_sd),
                percent(each.bias),
                f"{each.seconds:.1f}",
            )
            for each in found
        ],
    )


def figures(found: Sequence[Reuse]) -> dict[str, Any]:
    """For the JSON file: parts of one, and seconds."""
    return {"cases": [asdict(each) for each in found]}
