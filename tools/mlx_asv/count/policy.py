"""The policy of a count: a look at each case, then counts of all arms, the quickest case first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlx_asv.engine.once import Once, Part
from mlx_asv.engine.probe import Probe
from mlx_asv.job import Arm, Case, Look
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

    @property
    def cases(self) -> Sequence[Case]:
        """Those of the plan."""
        return self.plan.cases

    def _judged(self, probe: Probe) -> Probe:
        return probe.undisturbed.within(self.plan.longest)

    def looks(self) -> Iterator[Look]:
        """At each case, on the reference."""
        return self._looks(self.plan.cases, self._references)

    def is_known(self, case: Case) -> bool:
        """Whether it was looked at."""
        return case.subject in self._probes

    def parts(self, case: Case) -> Iterator[Part]:
        """The arms that are counted together."""
        probe = self._probes[case.subject]
        effort = Effort(probe.seconds)
        ended = probe.ended(self._references(case))
        found = [
            arm
            for arm in arms(case, self.plan.releases, self.plan.reference, self.controls)
            if arm.role != "control" and arm.backend in probe.seconds
        ]
        if not found:
            yield Part(effort.job(case, (), 0, ended), 0.0)
            return
        own = COUNTER_BYTES // len(probe.seconds)  # a process counts all backends by turns
        needs = {name: own + probe.rss[name] for name in probe.seconds}
        for group, members in enumerate(grouped(found, needs, self.memory)):
            job = effort.job(case, tuple(members), group, ended if group == 0 else ())
            yield Part(job, effort.expected(members, self.jobs_at_once))

    def _references(self, case: Case) -> tuple[Arm, ...]:
        return references(case, self.plan.reference, self.controls)
