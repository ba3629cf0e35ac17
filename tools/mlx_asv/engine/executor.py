"""Executors, which run jobs. There is one: this machine, whose finished block sets are files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from time import monotonic, time
from typing import Protocol

from mlx_asv.job import Arm, BlockSet, Count, Job, Look, Track
from mlx_asv.measurement.blocks import Blocks, Life
from mlx_asv.measurement.counting import Counters, counted
from mlx_asv.measurement.process import Worker
from mlx_asv.measurement.tracking import Tracking
from mlx_asv.measurement.values import Valued, replicates
from mlx_asv.metric import INSTRUCTIONS, METRICS, Metric
from mlx_asv.observations.store import Running, read

from .found import Found, Looked, Measured, measured
from .look import keep, kept, look
from .plan import Begun, Plan
from .rows import rows, value_rows
from .watch import Watcher


class Executor(Protocol):
    """Runs the jobs of one run of a plan."""

    def finished(self) -> Iterator[Found]:
        """What the jobs have found that an earlier, interrupted run has finished."""

    def run(self, job: Job) -> Found:
        """Run a job; what it has found, which is safe by then."""


class Workers(Protocol):
    """Starts the processes of the arms."""

    def start(self, arm: Arm, *, again: bool = False) -> Worker:
        """A new process; `again` if the arm's last one has failed."""

    def renew(self, but: Iterable[str] = ()) -> None:
        """Start the next processes from nothing, but those of the backends `but`."""


@dataclass(kw_only=True)
class Here:
    """This machine. The finding of a job is on the disk before the next job begins.

    A new kind of job needs a function that is registered for it.
    """

    plan: Plan
    begun: Begun
    running: Running
    workers: Workers
    #: The directory of the benchmarks.
    suite: str
    #: Processes that load at the same time.
    loaders: int
    watcher: Watcher
    #: What counts instructions.
    counters: Counters | None = None
    #: Arms that are counted or tracked at the same time.
    jobs: int = 1
    clock: Callable[[], float] = monotonic
    _round: int | None = field(default=None, init=False)
    #: When the job before ended.
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def _passed(self) -> float:
        """Seconds since the job before ended: what a policy thinks over counts, too."""
        began, self._since = self._since, self.clock()
        return self._since - began

    def finished(self) -> Iterator[Found]:
        """As any executor's: looks, then block sets."""
        for subject, probe in kept(self.running.path):
            yield Looked(subject, 0.0, probe)
        for path in self.running.finished():
            yield measured(read([path]))

    @singledispatchmethod
    def run(self, job: Job) -> Found:
        """As any executor's. Raises TypeError for a kind of job that this machine cannot run."""
        raise TypeError(f"{type(job).__name__} is no kind of job that this machine can run")

    @run.register
    def _look(self, job: Look) -> Looked:
        self.watcher.step(job.case, 0, job.what)
        probe = look(job, start=self.workers.start, suite=self.suite, clock=self.clock)
        if probe is not None:
            keep(self.running.path, job.case.subject, probe)
        return Looked(job.case.subject, self._passed(), probe)

    @run.register
    def _block_set(self, job: BlockSet) -> Measured:
        blocks = Blocks(job, start=self.workers.start, suite=self.suite, loaders=self.loaders)
        if job.arms:
            if job.round != self._round:
                self.workers.renew(but=job.shared)
                self._round = job.round
            blocks.run(lambda text: self.watcher.step(job.case, job.replicate, text))
        lives = blocks.lives + [Life(each.arm, [], each.outcome, each.reason) for each in job.ended]
        for life in lives:
            if life.outcome != "ok":
                self.watcher.lost(job.case, life.arm, life.outcome, life.reason or "")
        saved = self.running.save(
            rows(job, lives, plan=self.plan, begun=self.begun, seconds=blocks.seconds)
        )
        return measured(saved, self._passed())

    @run.register
    def _count(self, job: Count) -> Measured:
        assert self.counters is not None, "a run that counts is given what counts"
        started = time()
        found = counted(
            job,
            self.counters,
            jobs=self.jobs,
            tell=lambda text: self.watcher.step(job.case, job.group, text),
        )
        found += [Valued(e.arm, outcome=e.outcome, reason=e.reason) for e in job.ended]
        return self._valued(job, INSTRUCTIONS, found, started)

    @run.register
    def _track(self, job: Track) -> Measured:
        started = time()
        found = Tracking(
            job,
            self.workers.start,
            self.suite,
            self.jobs,
            lambda text: self.watcher.step(job.case, job.group, text),
        ).run()
        return self._valued(job, METRICS[job.metric], found, started)

    def _valued(
        self,
        job: Count | Track,
        metric: Metric,
        found: Sequence[Valued],
        started: float,
    ) -> Measured:
        """Keep the values of all replicates of a job."""
        for each in found:
            if each.outcome != "ok":
                self.watcher.lost(job.case, each.arm, each.outcome, each.reason or "")
        seconds = self._passed()
        # The first replicate is stored last, and tells that all are there.
        for replicate in reversed(range(replicates(found))):
            saved = self.running.save(
                value_rows(
                    job,
                    metric,
                    found,
                    plan=self.plan,
                    begun=self.begun,
                    replicate=replicate,
                    started=started,
                    seconds=seconds,
                )
            )
        return measured(saved, seconds)
