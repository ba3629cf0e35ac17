"""What it costs to measure a case in a process that has measured others before.

Equal processes of one release hold the same case: some are new, some have measured other cases
first. Both kinds sit in the same blocks. How far the processes of a kind spread is the noise of a
replicate; how far the kinds differ is the bias of reuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from tools.effects.polish import polish
from tools.measurement.arms import Arm, Case
from tools.measurement.blocks import BlockSet, Limits, Start
from tools.measurement.process import Worker

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
    #: Seconds that starting a process and loading the case takes.
    start_up: float


def used(start: Start, suite: str, before: Sequence[Case], backend: str) -> Start:
    """Starts a process that measures the cases of `before` and is then as good as new."""

    def begin(arm: Arm) -> Worker:
        worker = start(arm)
        if arm.role != "release":
            return worker
        for case in before:
            worker.start_load(suite, case.benchmark, case.backends[backend])
            loaded = worker.finish_load(case.timeout)
            for _ in range(VISITS_BEFORE):
                worker.visit(max(1, round(0.01 / loaded.seconds)), True, 60.0)
        return worker

    return begin


def measure(
    case: Case,
    before: Sequence[Case],
    backend: str,
    environ: dict[str, str],
    start: Start,
    suite: str,
    lives: int,
    blocks: int,
) -> Reuse:
    """`lives` block sets of new and used processes of one release, of `blocks` blocks each."""
    new = [Arm(backend, f"new {n}", "reference", environ) for n in range(PROCESSES)]
    old = [Arm(backend, f"used {n}", "release", environ) for n in range(PROCESSES)]
    levels = []
    began = monotonic()
    for life in range(lives):
        block_set = BlockSet(case, [*new, *old], used(start, suite, before, backend), suite)
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
