"""One block set: the worker processes of one case, visited in some order again and again.

A block is one visit of every arm. What disturbs the machine hits a whole block and cancels in
the differences between its arms, which neither longer nor more samples of one arm achieve
(DESIGN.md, "Measurement"; Kalibera & Jones, ISMM 2013, for the process as the unit).
"""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from math import ceil
from statistics import median
from time import monotonic, time
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mlx_asv.job import Arm, BlockSet, Order

from .process import Loaded, Skipped, Worker, WorkerFailed
from .zygotes import Start

#: Seconds of a visit's timed calls and of what is done for them besides: of their `setup`, which
#: asv_runner calls before each, and at least so many as asv_runner and Python add to each call
#: (1,600 calls of 6 µs took 37 ms).
VISIT_SECONDS = 0.01
CALL_COST = 1.5e-5

#: Untimed calls before the timed ones, and the seconds that they may take together. The arm that
#: was visited before has left the caches cold, and one call does not fill them: on a 2-core VM the
#: first calls of a MatMul of 1.7 ms took 96, 97, 68, 26, 14, 11, 8, 6, 3 and 2 % more than later
#: ones, those of a sum of 0.5 ms 97, 75, 15 and 3 %.
UNTIMED_CALLS, UNTIMED_SECONDS = 8, 0.008

#: Of calls that take `TWO_CALLS` seconds or more, `setup` included, a visit times two, after an
#: untimed call; of calls that take `NO_WARMING` or more it times one, and nothing before: the first
#: call of a visit takes 3 % more than the next at 10 ms, and 1 % or nothing more from 20 ms on.
TWO_CALLS, NO_WARMING = 0.01, 0.02

#: A visit has failed after `VISIT_LIMIT` seconds, or after `VISIT_FACTOR` times the seconds that it
#: should take, if they are more.
VISIT_LIMIT, VISIT_FACTOR = 20.0, 10.0


@dataclass(frozen=True)
class Visit:
    """One visit of one arm: `seconds` per call, the median of its samples."""

    block: int
    position: int
    started: float
    calls: int
    seconds: float
    timed: float
    #: Per call, as `Visited` has them.
    instructions: float | None = None
    cycles: float | None = None


@dataclass
class Life:
    """What became of one arm in a block set."""

    arm: Arm
    visits: list[Visit] = field(default_factory=list)
    outcome: str = "ok"
    reason: str | None = None
    rss: int | None = None


def plan_visit(seconds: float, besides: float = 0.0) -> tuple[int, int]:
    """How many calls a visit times when one takes `seconds`, and how many go before, untimed.

    `besides`: wall seconds that its `setup` takes.
    """
    whole = seconds + max(besides - CALL_COST, 0.0)
    if whole >= NO_WARMING:
        return 1, 0
    if whole >= TWO_CALLS:
        return 2, 1
    untimed = min(UNTIMED_CALLS, ceil(UNTIMED_SECONDS / whole))
    return max(3, round(VISIT_SECONDS / (whole + CALL_COST))), untimed


def visit_seconds(seconds: float, besides: float = 0.0) -> float:
    """How long a visit takes when one call takes `seconds`, and its `setup` what it takes
    `besides`."""
    whole = seconds + max(besides, CALL_COST)
    return whole * sum(plan_visit(seconds, besides)) + 0.0005


Each = TypeVar("Each")


def drawn(arms: Sequence[Each], seed: str, block: int) -> list[Each]:
    """The arms in a random order, anew for each block: no arm always follows the same arm."""
    order = list(arms)
    random.Random(f"{seed} {block}").shuffle(order)
    return order


def mirrored(arms: Sequence[Each], seed: str, block: int) -> list[Each]:
    """The arms as they are given, or backwards: two arms A and B come as AB BA BA AB, and so on.

    For few arms and few blocks this is better than a random order, which is seldom even: a steady
    drift of the machine hits both arms alike after two blocks, a drift that grows after four (the
    sequence of Prouhet, Thue and Morse).
    """
    return list(arms[::-1] if block.bit_count() % 2 else arms)


#: How the arms of a block that have not failed are put in the order in which they are visited.
ORDERS: Mapping[Order, Callable[[Sequence[Life], str, int], list[Life]]] = {
    Order.DRAWN: drawn,
    Order.MIRRORED: mirrored,
}


class Blocks:
    """Runs one block set. `lives` holds what it found; every worker is gone after `run`."""

    def __init__(self, job: BlockSet, *, start: Start, suite: str, loaders: int = 1) -> None:
        self.lives = [Life(arm) for arm in job.arms]
        self._job = job
        self._start = start
        self._suite = suite
        self._loaders = loaders
        self._workers: dict[Arm, Worker] = {}
        #: Seconds of a call, and what it takes besides.
        self._calls: dict[Arm, float] = {}
        self._besides: dict[Arm, float] = {}
        #: Why the first process of an arm failed.
        self._failures: dict[Arm, str] = {}
        #: Wall seconds of the whole set.
        self.seconds = 0.0

    def run(self, tell: Callable[[str], None]) -> None:
        """Load every arm, then visit them in the blocks of the set, or until no reference is left.

        An arm that fails is started once more; failing again ends its life with the reason. For an
        arm that fails in the last block there is one more: whether an arm has its second chance
        does not depend on when it fails.
        """
        order = ORDERS[self._job.order]
        began = monotonic()
        with ExitStack() as stack:
            stack.callback(self._kill_all)
            self._load_all(tell)
            for block in count():
                left = [life for life in self.lives if life.outcome == "ok"]
                if not any(life.arm.role == "reference" for life in left):
                    break  # nothing to compare with
                if block >= self._job.blocks and all(life.visits for life in left):
                    break
                for position, life in enumerate(order(left, self._job.draw, block)):
                    tell(f"block {block + 1}, {life.arm}")
                    self._visit(life, block, position)
            self._end_unmeasured()
        self.seconds = monotonic() - began

    # -- starting ----------------------------------------------------------------------------

    def _load_all(self, tell: Callable[[str], None]) -> None:
        """Load the arms, a few processes at a time; a failed one gets its second chance.

        In random order: the memory that a process gets depends on the processes that were started
        before it, and a reference that was always started first was 2 % slower than its twin.
        """
        waiting: list[Life] = []
        order = list(self.lives)
        random.Random(f"{self._job.draw} loading").shuffle(order)
        for number, life in enumerate(order):
            tell(f"loading {life.arm}, {number + 1} of {len(self.lives)}")
            self._begin(life)
            waiting.append(life)
            if len(waiting) >= self._loaders:
                self._finish(waiting.pop(0))
        for life in waiting:
            self._finish(life)

    def _begin(self, life: Life, again: bool = False) -> None:
        worker = self._workers[life.arm] = self._start(life.arm, again=again)
        index = self._job.case.backends[life.arm.backend]
        with suppress(WorkerFailed):  # `_finish` finds out how it ended
            worker.start_load(self._suite, self._job.case.benchmark, index)

    def _finish(self, life: Life) -> None:
        try:
            loaded: Loaded = self._workers[life.arm].finish_load(self._job.case.timeout)
        except Skipped as skip:
            self._end(life, "skipped", str(skip))
        except WorkerFailed as failure:
            self._failed(life, str(failure))
        else:
            life.rss = loaded.rss
            self._calls[life.arm] = loaded.seconds
            self._besides[life.arm] = loaded.besides

    def _failed(self, life: Life, reason: str) -> None:
        """Start a failed arm once more, or end its life. Its visits so far were visits of another
        process: they are dropped."""
        self._workers.pop(life.arm).kill()
        life.visits.clear()
        if life.arm in self._failures:
            self._end(life, "failed", reason)
            return
        self._failures[life.arm] = reason
        self._begin(life, again=True)
        self._finish(life)

    def _end(self, life: Life, outcome: str, reason: str) -> None:
        life.outcome, life.reason = outcome, reason
        life.visits.clear()
        if worker := self._workers.pop(life.arm, None):
            worker.kill()

    def _kill_all(self) -> None:
        for worker in self._workers.values():
            worker.begin_kill()
        while self._workers:
            self._workers.popitem()[1].kill()

    def _end_unmeasured(self) -> None:
        """An arm that was started again when the last reference was lost has failed: no data."""
        for life in self.lives:
            if life.outcome == "ok" and not life.visits and life.arm in self._failures:
                self._end(life, "failed", self._failures[life.arm])

    # -- measuring ---------------------------------------------------------------------------

    def _visit(self, life: Life, block: int, position: int) -> None:
        call = self._calls[life.arm], self._besides[life.arm]
        calls, untimed = plan_visit(*call)
        limit = max(VISIT_LIMIT, VISIT_FACTOR * sum(call) * (calls + untimed))
        started = time()
        try:
            found = self._workers[life.arm].visit(calls, untimed, limit)
        except (WorkerFailed, Skipped) as failure:
            self._failed(life, str(failure))
            return
        seconds = median(found.samples)
        self._calls[life.arm] = seconds
        life.visits.append(
            Visit(
                block=block,
                position=position,
                started=started,
                calls=len(found.samples) * found.batch,
                seconds=seconds,
                timed=sum(found.samples) * found.batch,
                instructions=found.instructions,
                cycles=found.cycles,
            )
        )

    def log_seconds(self) -> NDArray[np.float64]:
        """Log seconds per call: blocks x arms, NaN where an arm was not visited."""
        blocks = 1 + max((v.block for life in self.lives for v in life.visits), default=-1)
        table = np.full((blocks, len(self.lives)), np.nan)
        for column, life in enumerate(self.lives):
            for visit in life.visits:
                table[visit.block, column] = np.log(visit.seconds)
        return table
