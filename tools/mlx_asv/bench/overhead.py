"""Table 4: what the sweep spends besides timed calls, and what it adds to one."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log, log1p
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np
import polars as pl
from rich.table import Table

from mlx_asv.asv_edge.suite import Suite
from mlx_asv.effects.polish import contrast
from mlx_asv.known.suite.kernels import Length
from mlx_asv.measurement.blocks import plan_visit
from mlx_asv.measurement.process import Process, Worker
from mlx_asv.observations.schema import BLOCK_SET

from .harness import BENCHMARK
from .injected import LOADING_LIMIT, SUITE
from .report import Goal, percent, table

#: A call of this many seconds is to be timed as timeit would, but for this share.
GOAL_SECONDS, GOAL_OVERHEAD = 0.01, 0.01
#: Share of the wall time of sweeps that is to be inside timed calls.
GOAL_SHARE = 0.6

NOTES = """\
in timed calls: seconds inside timed calls of all arms, of the wall seconds of the block sets, with
starting their processes. inside the blocks: the same from the first visit to the last, without the
start. What is missing there is the untimed call before the timed ones, and the two tables below.
beyond its calls: wall seconds of a visit without an untimed call, less those in its timed calls;
median. Most of it is setup, which asv_runner calls before every timed call.
more: asv_runner's timer as a worker uses it, against timeit on the same prepared call in the same
process, sample by sample in turn; the median of the pairs, ± half of its 95 % interval."""


@dataclass(frozen=True)
class Share:
    """How much of some sweeps was spent inside timed calls."""

    what: str
    block_sets: int
    #: Seconds of the block sets, starting their processes included, and inside timed calls.
    wall: float
    timed: float
    #: The same from the first visit of a set to the start of its last, which does not count.
    block_wall: float
    block_timed: float


@dataclass(frozen=True)
class VisitCost:
    """Seconds of a visit beyond its calls; `call`: seconds of one, `calls`: timed in a visit."""

    call: float
    calls: int
    beyond: float


@dataclass(frozen=True)
class Harness:
    """What the worker's timing adds to a call: log ratio to timeit, and its standard error."""

    bare: float
    worker: float
    log_ratio: float
    error: float
    samples: int


def shares(what: str, observations: pl.DataFrame) -> Share:
    """The shares in observations of whole sweeps."""
    visits = observations.filter(pl.col("outcome") == "ok")
    sets = visits.group_by(BLOCK_SET).agg(
        pl.col("life").first(),
        pl.col("timed").sum(),
        (pl.col("started").max() - pl.col("started").min()).alias("block_wall"),
        (pl.col("timed").sum() - pl.col("timed").sort_by("started").last()).alias("block_timed"),
    )
    columns = ("life", "timed", "block_wall", "block_timed")
    return Share(what, sets.height, *(float(sets[column].sum()) for column in columns))


def visit_cost(suite: Suite, environ: Mapping[str, str], index: int, seconds: float) -> VisitCost:
    """Visit one arm again and again for some seconds, as a block set does.

    `index`: which of the lengths of `Length` a call has.
    """
    with (
        TemporaryDirectory(prefix="mlx-asv-bench-") as path,
        Worker(Process(suite.python, environ, Path(path) / "worker.log")) as worker,
    ):
        worker.start_load(str(SUITE), BENCHMARK, index)
        call = worker.finish_load(LOADING_LIMIT).seconds
        calls, _ = plan_visit(call)
        beyond = []
        for _ in range(max(20, round(seconds / (call * calls + 0.001)))):
            began = monotonic()
            found = worker.visit(calls, 0, LOADING_LIMIT)
            beyond.append(monotonic() - began - sum(found.samples) * found.batch)
    return VisitCost(call, calls, median(beyond))


def harness(suite: Suite, environ: Mapping[str, str], index: int, seconds: float) -> Harness:
    """Time one call both ways for some seconds each, in the measuring interpreter."""
    (lengths,) = Length.params
    samples = min(5000, max(20, round(seconds / lengths[index])))
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [suite.python, "-m", "mlx_asv.bench.harness", str(SUITE), str(index), str(samples)],
        env={**environ, "PYTHONPATH": str(root)},
        cwd=root,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    pairs = np.array(json.loads(result.stdout))
    estimate, error = contrast(np.log(pairs), arm=1, reference=0)
    bare, worker = np.median(pairs, axis=0)
    return Harness(float(bare), float(worker), estimate, error, len(pairs))


@dataclass(frozen=True)
class Overhead:
    """All that the table shows."""

    shares: Sequence[Share]
    visits: Sequence[VisitCost]
    harnesses: Sequence[Harness]

    def figures(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {
            name: [asdict(each) for each in found]
            for name, found in (
                ("shares", self.shares),
                ("visits", self.visits),
                ("harness", self.harnesses),
            )
        }


def tables(found: Overhead) -> list[Table]:
    """The shares, the visits, the harness."""
    return [
        table(
            "4. Overhead: share of the wall time inside timed calls",
            ["sweeps", "block sets", "wall s", "in timed calls", "inside the blocks"],
            [
                [
                    *(each.what, str(each.block_sets), f"{each.wall:.0f}"),
                    f"{each.timed / each.wall:.0%}",
                    f"{each.block_timed / each.block_wall:.0%}" if each.block_wall else "-",
                ]
                for each in found.shares
                if each.wall
            ],
        ),
        table(
            "A visit",
            ["one call", "calls timed", "beyond its calls", "of that per call"],
            [
                [
                    *(milliseconds(each.call), str(each.calls), milliseconds(each.beyond)),
                    milliseconds(each.beyond / each.calls),
                ]
                for each in found.visits
            ],
            left=0,
        ),
        table(
            "A call",
            ["timeit", "worker", "more", "± %", "samples"],
            [
                [
                    *(milliseconds(each.bare), milliseconds(each.worker)),
                    f"{percent(each.log_ratio, 2)} %",
                    percent(1.959964 * each.error, 2),
                    str(each.samples),
                ]
                for each in found.harnesses
            ],
            left=0,
        ),
    ]


def goals(found: Overhead) -> list[Goal]:
    """Most of the time is spent in timed calls, and one of 10 ms is timed as timeit would."""
    near = min(found.harnesses, key=lambda each: abs(log(each.bare / GOAL_SECONDS)))
    return [
        *(
            Goal(
                f"{GOAL_SHARE:.0%} of the wall time inside timed calls, {each.what}",
                each.timed >= GOAL_SHARE * each.wall,
                f"{each.timed / each.wall:.0%}",
            )
            for each in found.shares
            if each.wall
        ),
        Goal(
            f"within {GOAL_OVERHEAD:.0%} of timeit at 10 ms",
            abs(near.log_ratio) <= log1p(GOAL_OVERHEAD),
            f"{percent(near.log_ratio, 2)} ± {percent(1.959964 * near.error, 2)} % "
            f"at {milliseconds(near.bare)}",
        ),
    ]


def milliseconds(seconds: float) -> str:
    """``9.98 ms`` or ``0.0123 ms``."""
    return f"{1000 * seconds:.3g} ms"
