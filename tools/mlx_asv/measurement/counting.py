"""The instructions of one call: counted in copies of a process that differ by their calls alone.

A process under Valgrind imports a whole suite once, and is copied for each case and number of
calls; what a copy has executed beyond another with fewer calls are its additional calls. All the
rest, from the import to the case's inputs, is equal and cancels.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path
from statistics import median
from typing import Self

from mlx_asv.job import Arm, Count

from .process import Process, Skipped, WorkerFailed
from .valgrind import Valgrind, instructions, unknown_instruction

#: Every count is made twice, by processes that make different numbers of calls; each time it is the
#: median of one process or of several.
REPLICATES = 2

#: Variables that a counting process gets of those there are: the environment lies on the stack, and
#: its size shifts addresses.
KEPT = ("HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
KEPT_PREFIXES = ("ASV_", "MLX_", "OMP_", "NVIDIA_")
#: Seconds of the longest call that this project's benchmarks do not skip.
CALL_LIMIT = "MLX_ASV_CALL_LIMIT"
#: And those that are set: hashes and messages are the same each time, Valgrind runs one thread at a
#: time, and the clock says nothing about how long a call would take.
FIXED = {
    "PYTHONHASHSEED": "0",
    "MALLOC_ARENA_MAX": "1",  # else a thread's first allocation may find another one's memory
    "PYTHONFAULTHANDLER": "1",
    "LC_ALL": "C",
    "MLX_CPU_AFFINITY": "all",
    CALL_LIMIT: "inf",
}

#: Seconds that importing a suite may take.
IMPORT_LIMIT = 600.0
#: Seconds that counting one arm may take: so many for its inputs, and so many for each second that
#: its calls take without Valgrind. A call took 10 to 60 times as long.
COUNT_LIMIT, COUNT_FACTOR = 120.0, 300.0


@dataclass(frozen=True)
class Counted:
    """What became of one arm: instructions per call, a value for each replicate, or
    why there are none."""

    arm: Arm
    #: Calls that each estimate rests on.
    calls: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    outcome: str = "ok"
    reason: str | None = None


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of a counting process, of those of a process that is timed."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
    return {**kept, **FIXED}


class Counter:
    """A process under Valgrind that has imported a suite, and counts one case at a time."""

    def __init__(self, process: Process, logs: Path, suite: str, modules: Sequence[str]) -> None:
        self._process = process
        self._logs = logs
        self._imported = False
        self._calls: tuple[int, ...] = ()
        self.busy = False
        process.send({"do": "import", "suite": suite, "modules": list(modules)})

    @property
    def alive(self) -> bool:
        """Whether it can be asked for more."""
        return self._process.alive

    def begin(self, job: Count, arm: Arm, suite: str) -> None:
        """Ask for the counts of a case. Raises WorkerFailed."""
        self.busy = True
        self._calls = job.calls[arm.backend]
        self._process.forget_log()
        self._process.send(
            {
                "do": "count",
                "suite": suite,
                "benchmark": job.case.benchmark,
                "index": job.case.backends[arm.backend],
                "calls": list(self._calls),
                "warm": job.warm,
            }
        )

    def finish(self, limit: float) -> tuple[float, ...]:
        """Wait up to `limit` seconds for the counts; returns instructions per call, a value for
        each replicate. Raises Skipped or WorkerFailed."""
        try:
            if not self._imported:
                self._process.receive(IMPORT_LIMIT, "importing under Valgrind")
                self._imported = True
            reply = self._process.receive(limit, "counting")
            pids = reply.get("pids")
            if not (isinstance(pids, list) and all(isinstance(pid, int) for pid in pids)):
                raise WorkerFailed(f"returned garbage: {str(reply)[:100]}")
            logs = [self._log(pid) for pid in pids]
            if "died" in reply:
                raise WorkerFailed(
                    unknown_instruction(logs[-1]) or self._process.how(int(reply["died"]))
                )
            return self._estimates(logs)
        finally:
            self.busy = False
            self._forget_logs()

    def _estimates(self, logs: Sequence[str]) -> tuple[float, ...]:
        counts = [instructions(log) for log in logs]
        if len(counts) != len(self._calls) or None in counts:
            raise WorkerFailed(f"Valgrind wrote no count: {(logs or [''])[-1][-200:]!r}")
        first, *others = (each for each in counts if each is not None)
        fewest, *more = self._calls
        estimates = [
            (count - first) / (calls - fewest) for count, calls in zip(others, more, strict=True)
        ]
        found = tuple(median(estimates[number::REPLICATES]) for number in range(REPLICATES))
        if min(found) <= 0:
            raise WorkerFailed(
                f"a call is too short to be counted: {max(found):.0f} instructions, or none"
            )
        return found

    def _log(self, pid: int) -> str:
        try:
            return (self._logs / f"{pid}.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def _forget_logs(self) -> None:
        for path in self._logs.glob("*.log"):
            path.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the process and its copies."""
        self._process.kill()
        self._forget_logs()


class Counters:
    """The counting processes of a run: as many of a release as count it at the same time.

    `environs`: release -> environment variables of the processes that are timed. `modules`: what
    they import besides the suite. At the end none is left.
    """

    def __init__(
        self,
        engine: Valgrind,
        python: str,
        suite: str,
        logs: Path,
        *,
        environs: Mapping[str, Mapping[str, str]],
        modules: Sequence[str],
    ) -> None:
        self._engine = engine
        self._python = python
        self._suite = suite
        self._logs = logs
        self._environs = environs
        self._modules = modules
        self._numbers = numbers()
        self._all: dict[str, list[Counter]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for counters in self._all.values():
            for counter in counters:
                counter.kill()
        self._all.clear()

    def begin(self, job: Count, arm: Arm) -> Counter:
        """Ask a process that is free to count an arm; a twin has one of its own. Raises
        WorkerFailed."""
        counters = self._all.setdefault(arm.label, [])
        counter = next((each for each in counters if not each.busy), None)
        if counter is None:
            counter = self._started(arm)
            counters.append(counter)
        counter.begin(job, arm, self._suite)
        return counter

    def drop_dead(self) -> None:
        """Forget the processes that have ended."""
        for counters in self._all.values():
            for dead in [each for each in counters if not each.alive]:
                counters.remove(dead)
                dead.kill()

    def _started(self, arm: Arm) -> Counter:
        logs = self._logs / f"counts-{next(self._numbers)}"
        logs.mkdir()
        process = Process(
            self._python,
            environment(self._environs[arm.release]),
            logs / "said",
            before=self._engine.command(logs),
        )
        return Counter(process, logs, self._suite, self._modules)


def counted(
    job: Count, counters: Counters, *, jobs: int, tell: Callable[[str], None]
) -> list[Counted]:
    """Count every arm of a job, up to `jobs` of them at the same time."""
    found: list[Counted] = []
    waiting: deque[tuple[Arm, Counter]] = deque()
    for arm in _apart(job.arms):
        if len(waiting) >= jobs:
            found.append(_finished(job, *waiting.popleft(), counters))
        tell(f"counting {arm}, {len(found) + len(waiting) + 1} of {len(job.arms)}")
        try:
            waiting.append((arm, counters.begin(job, arm)))
        except WorkerFailed as failure:
            found.append(Counted(arm, outcome="failed", reason=str(failure)))
            counters.drop_dead()
    return found + [_finished(job, arm, counter, counters) for arm, counter in waiting]


def _apart(arms: Sequence[Arm]) -> list[Arm]:
    """The arms in an order in which those of one release, for which one process is enough, are far
    apart."""
    return sorted(arms, key=lambda arm: arm.backend)


def _finished(job: Count, arm: Arm, counter: Counter, counters: Counters) -> Counted:
    calls = job.calls[arm.backend]
    made = sum(calls) + (len(calls) + 1) * (job.warm + 1)
    limit = COUNT_LIMIT + COUNT_FACTOR * job.seconds[arm.backend] * made
    try:
        values = counter.finish(limit)
    except Skipped as skip:
        return Counted(arm, outcome="skipped", reason=str(skip))
    except WorkerFailed as failure:
        counters.drop_dead()
        return Counted(arm, outcome="failed", reason=str(failure))
    return Counted(arm, tuple(each - calls[0] for each in calls[1 : 1 + REPLICATES]), values)
