"""The policy of a count: a look at each case, then counts of all arms, the quickest case first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlx_asv.engine.found import Found, Looked
from mlx_asv.engine.once import Once, Part
from mlx_asv.engine.probe import Probe
from mlx_asv.job import Look, Subject
from mlx_asv.measurement.arms import arms, grouped, references

from .effort import Effort
from .plan import CountPlan

#: Bytes that a counting process holds beside the case: Valgrind's translations of a whole suite.
COUNTER_BYTES = 400_000_000


@dataclass(kw_only=True)
class CountAll(Once):
    """Counts every case on every release, until the budget is spent."""

    plan: CountPlan
    controls: frozenset[str]
    #: Arms that are counted at the same time.
    jobs_at_once: int
    #: Bytes of memory that all processes may hold.
    memory: int
    _probes: dict[Subject, Probe] = field(default_factory=dict, init=False)

    def tell(self, found: Found) -> None:
        """As any policy's."""
        super().tell(found)
        if isinstance(found, Looked):
            self._probes[found.subject] = found.probe.undisturbed.within(self.plan.longest)

    def looks(self) -> Iterator[Look]:
        """At each case, on the reference."""
        for number, case in enumerate(self.plan.cases):
            if case.subject not in self._probes:
                what = f"looking at case {number + 1} of {len(self.plan.cases)}"
                yield Look(case, references(case, self.plan.reference, self.controls), what)

    def parts(self) -> Iterator[Part]:
        """The arms of each case that are counted together."""
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
                yield Part(effort.job(case, (), 0, ended), 0.0)
                continue
            own = COUNTER_BYTES // len(probe.seconds)  # a process counts all backends by turns
            needs = {name: own + probe.rss[name] for name in probe.seconds}
            for group, members in enumerate(grouped(found, needs, self.memory)):
                job = effort.job(case, tuple(members), group, ended if group == 0 else ())
                yield Part(job, effort.expected(members, self.jobs_at_once))
