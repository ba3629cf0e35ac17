"""What is going to be tracked, fixed before it begins."""

from dataclasses import dataclass
from typing import ClassVar

from mlx_asv.engine.plan import Plan
from mlx_asv.job import Case


@dataclass(frozen=True)
class TrackPlan(Plan):
    """The plan of a run that records what tracking benchmarks return."""

    kind: ClassVar[str] = "-tracks"
    what: ClassVar[str] = "tracks"
    parts: ClassVar[str] = "sets of values"

    #: Labels of the revisions, the earliest first.
    releases: tuple[str, ...]
    reference: str
    cases: tuple[Case, ...]
    #: Names of the overlays: a new build under an old label has other values.
    contents: tuple[str, ...] = ()
