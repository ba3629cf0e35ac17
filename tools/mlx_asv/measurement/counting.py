"""The instructions of one call: counted in copies of a process that has imported a whole suite.

The import runs once for all cases, and neither the import nor the inputs of a case are counted. A
copy sets the case up, warms it, and has Valgrind count calls, once and again. What it does for a
call besides, the set-up and the loop, is counted by itself and taken off.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from itertools import count as numbers
from pathlib import Path
from statistics import median
from typing import Any, Self

from mlx_asv.job import Arm, Copies, Count

from .counting_engine import Engine
from .process import Garbage, Process, Skipped, WorkerFailed
from .values import Valued
from .zygotes import caches_of

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
    # Else a thread may find the memory of another, and now and then a call puts in order what calls
    # before it have freed: processes differed by up to 4 % in calls of 43,000 instructions.
    "MALLOC_ARENA_MAX": "1",
    "GLIBC_TUNABLES": "glibc.malloc.mxfast=0:glibc.malloc.tcache_count=1000",
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

    def __init__(
        self,
        engine: Engine,
        process: Process,
        logs: Path,
        *,
        suite: str,
        modules: Sequence[str],
        caches: Path | None,
    ) -> None:
        self._engine = engine
        self._caches = caches
        self._process = process
        self._logs = logs
        self._imported = False
        self._copies: Copies = ()
        self.busy = False
        process.send({"do": "import", "suite": suite, "modules": list(modules)})

    @property
    def alive(self) -> bool:
        """Whether it can be asked for more."""
        return self._process.alive

    def begin(self, job: Count, arm: Arm, suite: str) -> None:
        """Ask for the counts of a case. Raises WorkerFailed."""
        self._copies = job.copies[arm.backend]
        self._process.forget_log()
        with self._fatal(WorkerFailed):
            self._process.send(
                {
                    "do": "count",
                    "suite": suite,
                    "benchmark": job.case.benchmark,
                    "index": job.case.backends[arm.backend],
                    "copies": [[*chain(*process)] for process in self._copies],
                    "warm": job.warm,
                    "by": self._engine.name.split()[0],
                    "caches": None if self._caches is None else str(self._caches),
                }
            )
        self.busy = True

    def finish(self, limit: float) -> tuple[float, ...]:
        """Wait up to `limit` seconds for the counts; returns instructions per call, a value for
        each replicate. Raises Skipped or WorkerFailed."""
        try:
            if not self._imported:
                self._import()
            with self._fatal(Garbage):
                copies = Copied(self._process.receive(limit, "counting"), len(self._copies))
            if copies.died is not None:
                why = self._engine.why(self._logs, copies.pids[-1])
                raise WorkerFailed(why or self._process.how(copies.died))
            found = [
                value
                for pid, counts, process in zip(
                    copies.pids, copies.counts, self._copies, strict=True
                )
                for value in _per_call(self._engine.counts(self._logs, pid) or counts, process)
            ]
        finally:
            self.busy = False
            self._forget_logs()
        if min(found) <= 0:
            raise WorkerFailed("a call is too short to be counted beside its set-up")
        return tuple(found)

    def _import(self) -> None:
        with self._fatal(WorkerFailed):
            if reply := self._process.receive(IMPORT_LIMIT, "importing the suite"):
                raise Garbage(reply)
        self._imported = True

    @contextmanager
    def _fatal(self, error: type[WorkerFailed]) -> Iterator[None]:
        """After this error nothing more is asked: the next reply would be to another request."""
        try:
            yield
        except error:
            self._process.begin_kill()
            raise

    def _forget_logs(self) -> None:
        for path in self._logs.glob("[0-9]*"):
            path.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the process and its copies."""
        self._process.kill()
        self._forget_logs()


class Copied:
    """The copies of which a reply tells: process ids, what each has counted if it knows, and how
    the last one has ended if not as it should. Raises Garbage if there are not `wanted` ones."""

    def __init__(self, reply: dict[str, Any], wanted: int) -> None:
        pids, died, counts = reply.get("pids"), reply.get("died"), reply.get("counts")
        if counts is None:
            counts = [None] * wanted
        elif not (isinstance(counts, list) and all(map(_are_numbers, counts))):
            raise Garbage(reply)
        if not (_are_numbers(pids) and pids):
            raise Garbage(reply)
        whole = died is None and len(pids) == len(counts) == wanted
        if not (whole or isinstance(died, int)):
            raise Garbage(reply)
        self.pids: list[int] = pids
        self.died: int | None = died
        self.counts: list[list[int] | None] = counts


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, int) for each in value)


def _per_call(counts: list[int] | None, replicates: Sequence[Sequence[int]]) -> Iterator[float]:
    """Instructions per call, by each replicate of a process. Raises WorkerFailed."""
    calls = [*chain(*replicates)]
    if counts is None or len(counts) != len(calls) + 2:
        raise WorkerFailed(f"{len(counts or [])} counts of {len(calls) + 2} were made")
    nothing, set_up, *counted = counts
    besides = (set_up - nothing) / calls[0]
    left = iter(counted)
    for each in replicates:
        yield median((next(left) - nothing) / number - besides for number in each)


class Counters:
    """The counting processes of a run: as many of a release as count it at the same time.

    `environs`: release -> environment variables of the processes that are timed. `modules`: what
    they import besides the suite. `caches`: as those of `Workers`. At the end none is left.
    """

    def __init__(
        self,
        engine: Engine,
        python: str,
        suite: str,
        logs: Path,
        *,
        environs: Mapping[str, Mapping[str, str]],
        modules: Sequence[str],
        caches: Path | None = None,
    ) -> None:
        self._engine = engine
        self._caches = caches
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
        """Forget the processes that have ended, but for those of which counts are awaited."""
        for counters in self._all.values():
            for dead in [each for each in counters if not (each.busy or each.alive)]:
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
        return Counter(
            self._engine,
            process,
            logs,
            suite=self._suite,
            modules=self._modules,
            caches=caches_of(arm.release, self._caches),
        )


def counted(
    job: Count, counters: Counters, *, jobs: int, tell: Callable[[str], None]
) -> list[Valued]:
    """Count every arm of a job, up to `jobs` of them at the same time: instructions per call."""
    found: list[Valued] = []
    waiting: deque[tuple[Arm, Counter]] = deque()
    for arm in _apart(job.arms):
        if len(waiting) >= jobs:
            found.append(_finished(job, *waiting.popleft(), counters))
        tell(f"counting {arm}, {len(found) + len(waiting) + 1} of {len(job.arms)}")
        try:
            waiting.append((arm, counters.begin(job, arm)))
        except WorkerFailed as failure:
            found.append(Valued(arm, outcome="failed", reason=str(failure)))
            counters.drop_dead()
    return found + [_finished(job, arm, counter, counters) for arm, counter in waiting]


def _apart(arms: Sequence[Arm]) -> list[Arm]:
    """The arms in an order in which those of one release, for which one process is enough, are far
    apart."""
    return sorted(arms, key=lambda arm: arm.backend)


def _finished(job: Count, arm: Arm, counter: Counter, counters: Counters) -> Valued:
    copies = job.copies[arm.backend]
    replicates = [*chain(*copies)]
    made = sum(chain(*replicates)) + len(copies) * (job.warm + 1)
    limit = COUNT_LIMIT + COUNT_FACTOR * job.seconds[arm.backend] * made
    try:
        values = counter.finish(limit)
    except Skipped as skip:
        return Valued(arm, outcome="skipped", reason=str(skip))
    except WorkerFailed as failure:
        counters.drop_dead()
        return Valued(arm, outcome="failed", reason=str(failure))
    return Valued(arm, values, tuple(calls[0] for calls in replicates))
