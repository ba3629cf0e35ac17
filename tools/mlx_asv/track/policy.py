"""The policy of a run that tracks: what each case returns on all arms, three times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlx_asv.axes import Name
from mlx_asv.engine.once import Once, Part
from mlx_asv.job import Case, Track
from mlx_asv.measurement.arms import arms
from mlx_asv.metric import tracked

from .plan import TrackPlan

#: Processes of each arm. Two tell whether a value repeats; three, where it does not, how much is
#: known: the interval of two is three times as wide.
REPLICATES = 3

#: Seconds that a process should take: a first guess, which what the first cases take corrects.
SECONDS = 0.2


@dataclass(kw_only=True)
class TrackAll(Once):
    """Tracks every case on every release, until the budget is spent."""

    plan: TrackPlan
    controls: frozenset[str]
    #: Processes at the same time.
    jobs_at_once: int

    @property
    def cases(self) -> Sequence[Case]:
        """Those of the plan."""
        return self.plan.cases

    def parts(self, case: Case) -> Iterator[Part]:
        """One: all arms of the case."""
        metric = tracked(Name(case.benchmark).method)
        assert metric is not None, "the plan has benchmarks of metrics"
        every = arms(case, self.plan.releases, self.plan.reference, self.controls)
        mine = tuple(arm for arm in every if arm.role != "control")
        seconds = SECONDS * len(mine) * REPLICATES / self.jobs_at_once
        yield Part(Track(case, metric.name, mine, REPLICATES), seconds)
