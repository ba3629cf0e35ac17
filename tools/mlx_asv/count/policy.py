"""The policy of a count: a look at each case, then counts of all arms, the quickest case first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlx_asv.engine.found import Found, Looked, Measured
from mlx_asv.engine.policy import Done, Planned, Steps
from mlx_asv.engine.probe import Probe
from mlx_asv.job import Arm, Case, Count, Ended, Job, Look, Subject
from mlx_asv.measurement.arms import arms, grouped, references

from .effort import Effort
from .plan import CountPlan

#: Bytes that a counting process holds beside the case: Valgrind's translations of a whole suite.
COUNTER_BYTES = 400_000_000


@dataclass(frozen=True)
class Set:
    """Arms of a case that are still to be counted."""

    case: Case
    group: int
    arms: tuple[Arm, ...]
    effort: Effort
    ended: tuple[Ended, ...]
    #: Wall seconds that it should take.
    expected: float

    @property
    def of_an_arm(self) -> float:
        """Seconds that an arm of it should take."""
        return self.expected / max(len(self.arms), 1)

    @property
    def job(self) -> Count:
        """The job that counts it."""
        return self.effort.job(self.case, self.arms, self.group, self.ended)


@dataclass(kw_only=True)
class CountAll(Steps):
    """Counts every case on every release, until the budget is spent."""

    plan: CountPlan
    controls: frozenset[str]
    #: Arms that are counted at the same time.
    jobs_at_once: int
    #: Bytes of memory that all processes may hold.
    memory: int
    #: Seconds of wall time for all of it.
    budget: float
    #: The cases that the budget did not reach.
    left_out: list[Case] = field(default_factory=list, init=False)
    _probes: dict[Subject, Probe] = field(default_factory=dict, init=False)
    _done: set[tuple[Subject, int]] = field(default_factory=set, init=False)
    _spent: float = field(default=0.0, init=False)
    #: Of the sets that this command has counted: seconds expected, and taken.
    _expected: float = field(default=0.0, init=False)
    _taken: float = field(default=0.0, init=False)

    def tell(self, found: Found) -> None:
        """As any policy's."""
        match found:
            case Looked():
                self._probes[found.subject] = found.probe.undisturbed.within(self.plan.longest)
                self._spent += found.seconds
            case Measured():
                # The first replicate is stored last: of a set without it the others are half.
                if found.replicate == 0:
                    self._done.add((found.subject, found.group))
                    self._spent += found.seconds
                    self._taken += found.seconds

    def jobs(self) -> Iterator[Job]:
        """A look at each case, then its counts."""
        for number, case in enumerate(self.plan.cases):
            if case.subject not in self._probes:
                what = f"looking at case {number + 1} of {len(self.plan.cases)}"
                yield Look(case, references(case, self.plan.reference, self.controls), what)
        self._taken = 0.0
        sets = sorted(self._sets(), key=lambda each: each.of_an_arm)
        to_come = [each for each in sets if (each.case.subject, each.group) not in self._done]
        left = sum(each.expected for each in to_come)
        self._news.append(Planned(left, self.budget - self._spent))
        for each in to_come:
            if self._spent + each.expected * self._factor > self.budget:
                if each.case not in self.left_out:
                    self.left_out.append(each.case)
                continue
            yield each.job
            self._expected += each.expected
            left -= each.expected
            seconds = left * self._factor
            done = self._spent / max(self._spent + seconds, 1e-9)
            self._news.append(Done(done, min(seconds, self.budget - self._spent), lambda: ""))

    @property
    def _factor(self) -> float:
        """How much longer sets take than they should."""
        return self._taken / self._expected if self._expected else 1.0

    def _sets(self) -> Iterator[Set]:
        for case in self.plan.cases:
            probe = self._probes[case.subject]
            effort = Effort(probe.seconds)
            of_reference = references(case, self.plan.reference, self.controls)
            ended = probe.ended(of_reference)
            found = [
                arm
                for arm in arms(case, self.plan.releases, self.plan.reference, self.controls)
                if arm.role != "control" and arm.backend in probe.seconds
            ]
            if not found:
                yield Set(case, 0, (), effort, ended, 0.0)
                continue
            own = COUNTER_BYTES // len(probe.seconds)  # a process counts all backends by turns
            needs = {name: own + probe.rss[name] for name in probe.seconds}
            for group, members in enumerate(grouped(found, needs, self.memory)):
                expected = effort.expected(members, self.jobs_at_once)
                yield Set(
                    case, group, tuple(members), effort, ended if group == 0 else (), expected
                )
