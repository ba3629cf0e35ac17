"""How many calls are counted, and what that takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlx_asv.job import Arm
from mlx_asv.measurement.counting import REPLICATES

#: A process makes calls of so many seconds, as they take when nobody counts, and so many at most.
CALLS_SECONDS = 0.006
MOST_CALLS = 400

#: Of the shortest calls more processes are counted: a few in a hundred differ by 1 % in calls of
#: 30,000 to 200,000 instructions, however many they make, most others by up to 0.2 %.
SHORT_CALL, IF_SHORT = 0.0003, 3

#: Of short calls the process that the others are compared with makes a tenth as many: without any,
#: it lacks what its first calls need, 400,000 instructions of ScatterSum's.
FEWER = 10

#: Calls before those that are counted; of long ones the second is as the third.
WARM, WARM_IF_LONG, LONG_CALL = 2, 1, 0.02

#: Under Valgrind a call takes so many times as long, and a copy so many seconds beside its calls.
#: A first guess: what the first cases take corrects it.
SLOWER, COPY_SECONDS = 30.0, 0.3


def calls(seconds: float) -> tuple[int, ...]:
    """The calls of each process, of calls that take so many seconds."""
    step = max(1, min(MOST_CALLS, round(CALLS_SECONDS / seconds)))
    first = 0 if seconds >= LONG_CALL else max(1, step // FEWER)
    times = IF_SHORT if seconds < SHORT_CALL else 1
    return (first, *[first + step * number for number in range(1, REPLICATES + 1)] * times)


def warm(seconds: Iterable[float]) -> int:
    """How many calls go before those that are counted, of the backends of a case."""
    return WARM_IF_LONG if max(seconds, default=0.0) >= LONG_CALL else WARM


@dataclass(frozen=True)
class Effort:
    """What counting some arms of a case takes; `seconds`: of one call, by backend."""

    seconds: Mapping[str, float]

    @property
    def calls(self) -> dict[str, tuple[int, ...]]:
        """Backend -> calls of each process."""
        return {backend: calls(seconds) for backend, seconds in self.seconds.items()}

    @property
    def warm(self) -> int:
        """Calls before those that are counted."""
        return warm(self.seconds.values())

    def expected(self, arms: Iterable[Arm], jobs: int) -> float:
        """Wall seconds, with so many arms at a time."""
        return sum(self._of(arm.backend) for arm in arms) / jobs

    def _of(self, backend: str) -> float:
        calls = self.calls[backend]
        copies = len(calls) + 1
        made = sum(calls) + copies * (self.warm + 1)
        return copies * COPY_SECONDS + SLOWER * made * self.seconds[backend]
