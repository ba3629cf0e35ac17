"""The plan of a sweep, fixed before the sweep begins."""

from dataclasses import dataclass

from mlx_asv.engine.plan import Plan
from mlx_asv.job import Case


@dataclass(frozen=True)
class SweepPlan(Plan):
    """The plan of a sweep."""

    #: Labels of the revisions, the earliest first.
    releases: tuple[str, ...]
    reference: str
    cases: tuple[Case, ...]
    replicates: int
    target: float
    #: Seconds: cases of which the reference takes longer for one call are left out.
    longest: float
    #: Names of the overlays: a new build under an old label is another sweep.
    contents: tuple[str, ...] = ()
