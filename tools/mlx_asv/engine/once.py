"""Policies that do each of many jobs once, the quickest first, as far as a budget goes."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mlx_asv.job import Case, Count, Job, Subject, Track

from .budgeted import Budgeted
from .found import Found, Measured
from .policy import Done, Planned


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
class Once(Budgeted):
    """Does each part once, until the budget is spent."""

    _done: set[tuple[Subject, int]] = field(default_factory=set, init=False)

    @property
    @abstractmethod
    def cases(self) -> Sequence[Case]:
        """All of them, in the order of the suite."""

    def looks(self) -> Iterable[Job]:
        """What is to be found out before the parts are known: by default nothing."""
        return ()

    @abstractmethod
    def parts(self, case: Case) -> Iterable[Part]:
        """The parts of a case, once it is looked at."""

    def is_known(self, case: Case) -> bool:
        """Whether the parts of a case are known."""
        return True

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
                super().tell(found)

    def jobs(self) -> Iterator[Job]:
        """All looks, then the parts of what fits, then of what fits after all."""
        yield from self.looks()
        self._taken = 0.0
        chosen = self._choose(self.cases, self.is_known)
        left = sum(map(self._need, chosen))
        self._news.append(Planned(left, self._remaining))
        for each in self._quickest(chosen):
            case = each.job.case
            if not self._fits(each):
                if case not in self.left_out:
                    self._leave_out(case)
                continue
            yield each.job
            self._expected += each.expected
            left -= each.expected
            seconds = max(left, 0.0) * self._factor  # nought may be missed by a rounding
            done = self._spent / max(self._spent + seconds, 1e-9)
            self._news.append(Done(done, min(seconds, self._remaining), lambda: ""))
        for each in self._quickest([case for case in self.left_out if self.is_known(case)]):
            if self._fits(each):
                yield each.job
                self._expected += each.expected
        self.left_out = [
            case for case in self.left_out if not self.is_known(case) or any(self._to_come(case))
        ]

    def _fits(self, part: Part) -> bool:
        """Whether there is time for a part, and for the others of its case."""
        case = part.job.case
        return self._begun(case) or self._need(case) * self._factor <= self._remaining

    def _quickest(self, cases: Sequence[Case]) -> list[Part]:
        every = [part for case in cases for part in self._to_come(case)]
        return sorted(every, key=lambda each: each.of_an_arm)

    def _to_come(self, case: Case) -> list[Part]:
        return [each for each in self.parts(case) if _key(each) not in self._done]

    def _need(self, case: Case) -> float:
        return sum(each.expected for each in self._to_come(case))

    def _begun(self, case: Case) -> bool:
        return any(subject == case.subject for subject, _ in self._done)


def _key(part: Part) -> tuple[Subject, int]:
    return part.job.case.subject, part.job.group
