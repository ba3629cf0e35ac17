"""The numbers that tracking benchmarks return, each in a process of its own."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from mlx_asv.job import Arm, Track

from .process import Skipped, Worker, WorkerFailed
from .values import Valued
from .zygotes import Start


@dataclass
class Tracking:
    """The processes of a job, up to `jobs` of them at the same time; `suite`: what they load."""

    job: Track
    start: Start
    suite: str
    jobs: int
    tell: Callable[[str], None]
    _values: dict[Arm, list[float]] = field(default_factory=lambda: defaultdict(list), init=False)
    _lost: dict[Arm, tuple[str, str]] = field(default_factory=dict, init=False)

    def run(self) -> list[Valued]:
        """The values of every arm. One that skips, or fails twice, is not asked again."""
        waiting: deque[tuple[Arm, Worker]] = deque()
        try:
            for number, arm in enumerate(self._turns(), 1):
                if len(waiting) >= self.jobs:
                    self._finish(*waiting.popleft())
                if arm not in self._lost:
                    of = len(self.job.arms) * self.job.replicates
                    self.tell(f"tracking {arm}, process {number} of {of}")
                    waiting.append((arm, self._started(arm)))
            while waiting:
                self._finish(*waiting.popleft())
        finally:
            for _, worker in waiting:
                worker.kill()
        return [self._valued(arm) for arm in self.job.arms]

    def _turns(self) -> Iterator[Arm]:
        """Every arm in turn, as often as there are replicates."""
        for _ in range(self.job.replicates):
            yield from self.job.arms

    def _started(self, arm: Arm, *, again: bool = False) -> Worker:
        worker, case = self.start(arm, again=again), self.job.case
        with suppress(WorkerFailed):  # as its answer will say
            worker.start_track(self.suite, case.benchmark, case.backends[arm.backend])
        return worker

    def _finish(self, arm: Arm, worker: Worker) -> None:
        """Take up the value of a process, or of another one if it fails."""
        for again in (False, True):
            try:
                with self._started(arm, again=True) if again else worker as asked:
                    value = asked.finish_track(self.job.case.timeout)
            except Skipped as skip:
                self._lost[arm] = ("skipped", str(skip))
                return
            except WorkerFailed as failure:
                self._lost[arm] = ("failed", str(failure))
            else:
                self._lost.pop(arm, None)
                self._values[arm].append(value)
                return

    def _valued(self, arm: Arm) -> Valued:
        if arm in self._lost:
            outcome, reason = self._lost[arm]
            return Valued(arm, outcome=outcome, reason=reason)
        return Valued(arm, tuple(self._values[arm]))
