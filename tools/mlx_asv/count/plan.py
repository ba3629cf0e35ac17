"""What is going to be counted, fixed before the counting begins."""

from dataclasses import dataclass
from typing import ClassVar

from mlx_asv.engine.plan import Plan
from mlx_asv.job import Case

#: The condition that says what has counted.
COUNTER = "counter"


@dataclass(frozen=True)
class CountPlan(Plan):
    """The plan of a run that counts. What counts is one of its conditions."""

    kind: ClassVar[str] = "-counts"
    what: ClassVar[str] = "count"
    parts: ClassVar[str] = "sets of counts"

    #: Labels of the revisions, the earliest first.
    releases: tuple[str, ...]
    reference: str
    cases: tuple[Case, ...]
    #: Seconds: cases of which the reference takes longer for one call are left out.
    longest: float
    #: Names of the overlays: a new build under an old label is another count.
    contents: tuple[str, ...] = ()
