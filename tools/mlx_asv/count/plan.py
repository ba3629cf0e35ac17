"""What is going to be counted, fixed before the counting begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from mlx_asv.engine.context import Context
from mlx_asv.engine.plan import Plan
from mlx_asv.job import Case
from mlx_asv.measurement.counting_engine import Engine

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

    @classmethod
    def here(
        cls,
        context: Context,
        counter: Engine,
        *,
        releases: Iterable[str],
        reference: str,
        cases: Iterable[Case],
        longest: float,
        contents: tuple[str, ...] = (),
    ) -> Self:
        """The plan of a count on this machine, by `counter`."""
        return cls(
            machine=context.machine,
            environment=context.environment,
            conditions={**context.conditions, COUNTER: counter.name},
            releases=tuple(releases),
            reference=reference,
            cases=tuple(cases),
            longest=longest,
            contents=contents,
        )
