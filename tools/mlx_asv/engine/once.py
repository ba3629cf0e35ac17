"""Policies that do each of many jobs once, the quickest first, until a budget is spent."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlx_asv.job import Case, Count, Job, Subject, Track

from .found import Found, Measured
from .policy import Done, Planned, Steps


@dataclass(frozen=True)
class Part:
    """A job, and the wall seconds that it should take."""

    job: Count | Track
    expected: float

    @property
    def of_an_arm(self) -> float:
        """Seconds that an arm of it should take."""
        return self.expected / max(len(self.job.arms), 1)


@dataclass(kw_only=True)
class Once(Steps):
    """Does each part once, until the budget is spent."""

    #: Seconds of wall time for all of it.
    budget: float
    #: The cases that the budget did not reach.
    left_out: list[Case] = field(default_factory=list, init=False)
    _done: set[tuple[Subject, int]] = field(default_factory=set, init=False)
    _spent: float = field(default=0.0, init=False)
    #: Of the parts that this command has done: seconds expected, and taken.
    _expected: float = field(default=0.0, init=False)
    _taken: float = field(default=0.0, init=False)

    def looks(self) -> Iterable[Job]:
        """What is to be found out before the parts are known: by default nothing."""
        return ()

    @abstractmethod
    def parts(self) -> Iterable[Part]:
        """All of them."""

    def tell(self, found: Found) -> None:
        """As any policy's."""
        match found:
            case Measured():
                # The first replicate is stored last: of a part without it the others are half.
                if found.replicate == 0:
                    self._done.add((found.subject, found.group))
                    self._spent += found.seconds
                    self._taken += found.seconds
            case _:
                self._spent += found.seconds

    def jobs(self) -> Iterator[Job]:
        """All looks, then the parts."""
        yield from self.looks()
        self._taken = 0.0
        quickest = sorted(self.parts(), key=lambda each: each.of_an_arm)
        to_come = [each for each in quickest if _key(each) not in self._done]
        left = sum(each.expected for each in to_come)
        self._news.append(Planned(left, self.budget - self._spent))
        for each in to_come:
            if self._spent + each.expected * self._factor > self.budget:
                if each.job.case not in self.left_out:
                    self.left_out.append(each.job.case)
                continue
            yield each.job
            self._expected += each.expected
            left -= each.expected
            seconds = max(left, 0.0) * self._factor  # nought may be missed by a rounding
            done = self._spent / max(self._spent + seconds, 1e-9)
            self._news.append(Done(done, min(seconds, self.budget - self._spent), lambda: ""))

    @property
    def _factor(self) -> float:
        """How much longer parts take than they should."""
        return self._taken / self._expected if self._expected else 1.0


def _key(part: Part) -> tuple[Subject, int]:
    return part.job.case.subject, part.job.group
