"""How many calls are counted, and what that takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from mlx_asv.job import Arm, Case, Copies, Count, Ended

#: A count is of calls of so many seconds, as they take when nobody counts, and so many at most.
CALLS_SECONDS, MOST_CALLS = 0.002, 200

#: Short calls are counted in so many processes, a replicate each, and so many times in each: of
#: calls of 40,000 instructions processes differ by 0.3 %, counts of one process by 0.1 %. Of long
#: ones each of two counts of one process is a replicate.
SHORT_CALL, LONG_CALL = 0.001, 0.02
PROCESSES_IF_SHORT, COUNTS_IF_SHORT = 4, 3

#: Before the calls that are counted others warm the case for so many seconds, with so many calls at
#: least and at most: the first hundred short ones still fill the allocator's lists.
WARM_SECONDS, FEWEST_WARM, MOST_WARM = 0.004, 1, 100

#: Under Valgrind a call that is counted takes so many times as long, one that is not fewer, and a
#: copy so many seconds beside its calls. A first guess: what the first cases take corrects it.
SLOWER, SLOWER_UNCOUNTED, COPY_SECONDS = 60.0, 25.0, 1.0


def copies(seconds: float) -> Copies:
    """What is counted of calls that take so many seconds. No two replicates that follow each other
    have the same number of calls."""
    if seconds >= LONG_CALL:
        return (((1,), (2,)),)
    calls = max(1, min(MOST_CALLS, round(CALLS_SECONDS / seconds)))
    if seconds >= SHORT_CALL:
        return (((calls,),), ((2 * calls,),))
    two = ((calls,) * COUNTS_IF_SHORT,), ((2 * calls,) * COUNTS_IF_SHORT,)
    return two * (PROCESSES_IF_SHORT // 2)


def warm(seconds: Iterable[float]) -> int:
    """How many calls go before those that are counted, of the backends of a case."""
    longest = max(seconds, default=WARM_SECONDS)
    return max(FEWEST_WARM, min(MOST_WARM, round(WARM_SECONDS / longest)))


@dataclass(frozen=True)
class Effort:
    """What counting some arms of a case takes; `seconds`: of one call, by backend."""

    seconds: Mapping[str, float]

    @property
    def copies(self) -> dict[str, Copies]:
        """Backend -> what is counted."""
        return {backend: copies(seconds) for backend, seconds in self.seconds.items()}

    @property
    def warm(self) -> int:
        """Calls before those that are counted."""
        return warm(self.seconds.values())

    def job(
        self, case: Case, arms: tuple[Arm, ...], group: int = 0, ended: tuple[Ended, ...] = ()
    ) -> Count:
        """The job that counts these arms of the case."""
        return Count(
            case=case,
            group=group,
            arms=arms,
            copies=self.copies,
            seconds=self.seconds,
            warm=self.warm,
            ended=ended,
        )

    def expected(self, arms: Iterable[Arm], jobs: int) -> float:
        """Wall seconds, with so many arms at a time."""
        return sum(self._of(arm.backend) for arm in arms) / jobs

    def _of(self, backend: str) -> float:
        made = self.copies[backend]
        uncounted = len(made) * (self.warm + 1)
        counted = sum(chain(*chain(*made)))
        calls = SLOWER * counted + SLOWER_UNCOUNTED * uncounted
        return len(made) * COPY_SECONDS + calls * self.seconds[backend]
