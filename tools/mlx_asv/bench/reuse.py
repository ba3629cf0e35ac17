"""What it does to a case to be measured in the copy of a process, or in one that is not new.

Equal processes of one release hold the same case: some have started from nothing, some are copies
of one that had imported everything, some have measured other cases first. All kinds sit in the
same blocks. How far the processes of a kind spread is the noise of a replicate; how far a kind
is from the new ones is its bias.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.table import Table

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.effects.polish import polish
from mlx_asv.job import Arm, BlockSet, Case
from mlx_asv.measurement.blocks import Blocks
from mlx_asv.measurement.process import Worker
from mlx_asv.measurement.zygotes import Start, Workers

from .report import percent, table
from .subjects import BACKEND

NOTES = (
    "Processes of one release: a third are new, a third copies of ones with everything imported, a "
    "third have measured the other cases; all in the same blocks. sd: of a process's level, "
    "between processes of a kind (plain, then 1.48 times the median absolute deviation). bias: the "
    "median of a kind against the median new one, ± 1.96 standard errors over the block sets."
)

#: What processes can be; the first is what the others are compared with.
KINDS = ("new", "copy", "used")

#: Processes of each kind in a block set.
PROCESSES = 6

#: Visits of each case that a process measures before.
VISITS_BEFORE = 20


@dataclass(frozen=True)
class Kind:
    """Processes of one kind on one case, in log time (logs of ratios).

    `sd`, `mad`: standard deviation between them, plain and robust. `bias`, `error`: the median
    against that of the new ones, and its standard error.
    """

    case: str
    kind: str
    sd: float
    mad: float
    bias: float
    error: float


def members() -> list[Arm]:
    """The processes of a block set, named after their kinds; the new ones are references."""
    return [
        Arm(BACKEND, f"{kind} {n}", "release" if kind != KINDS[0] else "reference")
        for kind in KINDS
        for n in range(PROCESSES)
    ]


def kind_of(arm: Arm) -> str:
    """The kind that its name says."""
    return arm.release.split()[0]


def start_of(new: Start, copy: Start, suite: str, before: Sequence[Case]) -> Start:
    """Starts a process of the kind that an arm says; used is after the cases of `before`."""

    def begin(arm: Arm, *, again: bool = False) -> Worker:
        if kind_of(arm) == "copy":
            return copy(arm, again=again)
        worker = new(arm, again=again)
        if kind_of(arm) == "used":
            for case in before:
                worker.start_load(suite, case.benchmark, case.backends[BACKEND])
                loaded = worker.finish_load(case.timeout)
                for _ in range(VISITS_BEFORE):
                    worker.visit(max(1, round(0.01 / loaded.seconds)), 1, 60.0)
        return worker

    return begin


def measure(
    *,
    case: Case,
    start: Start,
    renew: Callable[[], None],
    suite: str,
    lives: int,
    blocks: int,
) -> list[Kind]:
    """`lives` block sets of processes of all kinds, of `blocks` blocks each; `renew` between."""
    levels = []
    for life in range(lives):
        renew()
        job = BlockSet(
            case=case, replicate=life, group=0, arms=tuple(members()), blocks=blocks, seed=0
        )
        block_set = Blocks(job, start=start, suite=suite)
        block_set.run(lambda text: None)
        levels.append(polish(block_set.log_seconds()).arms.reshape(len(KINDS), PROCESSES))
    table = np.array(levels)
    middle = np.median(table, axis=2)
    off = table - middle[:, :, None]
    bias = middle - middle[:, :1]
    return [
        Kind(
            case=case.name,
            kind=kind,
            sd=float(off[:, n].std()),
            mad=1.4826 * float(np.median(np.abs(off[:, n]))),
            bias=float(bias[:, n].mean()),
            error=float(bias[:, n].std(ddof=1) / np.sqrt(lives)) if lives > 1 else np.nan,
        )
        for n, kind in enumerate(KINDS)
    ]


def measure_all(
    suite: Suite, cases: Sequence[Case], environ: Mapping[str, str], lives: int, blocks: int
) -> list[Kind]:
    """Each case, in processes of all kinds; used ones have measured all the others."""
    found: list[Kind] = []
    environs = dict.fromkeys((arm.release for arm in members()), environ)
    with TemporaryDirectory(prefix="mlx-asv-bench-") as path:
        for case in cases:
            others = [other for other in cases if other != case]
            (Path(path) / "copies").mkdir(exist_ok=True)
            with Workers(
                suite.python,
                suite.directory,
                Path(path) / "copies",
                environs=environs,
                imports=suite.imports,
            ) as copies:
                new = Workers(
                    suite.python, suite.directory, Path(path), environs=environs, imports={}
                )
                start = start_of(new.start, copies.start, suite.directory, others)
                found += measure(
                    case=case,
                    start=start,
                    renew=copies.renew,
                    suite=suite.directory,
                    lives=lives,
                    blocks=blocks,
                )
    return found


def reuse_table(found: Sequence[Kind]) -> Table:
    """One row per case and kind."""
    return table(
        "6. New processes, copies of one, and such as were used before",
        ("case", "processes", "sd %", "robust sd %", "bias %", "± %"),
        [
            (
                *(each.case, each.kind, percent(each.sd), percent(each.mad)),
                *(percent(each.bias), percent(1.96 * each.error)),
            )
            for each in found
        ],
        left=2,
    )


def figures(found: Sequence[Kind]) -> dict[str, Any]:
    """For the JSON file: parts of one, and seconds."""
    return {"cases": [asdict(each) for each in found]}
