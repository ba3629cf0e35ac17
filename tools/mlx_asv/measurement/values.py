"""What is found of an arm where a replicate is one value."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlx_asv.job import Arm


@dataclass(frozen=True)
class Valued:
    """What became of one arm: a value for each replicate, or why there are none."""

    arm: Arm
    values: tuple[float, ...] = ()
    #: Calls of which each value is.
    calls: tuple[int, ...] = ()
    outcome: str = "ok"
    reason: str | None = None


def replicates(found: Sequence[Valued]) -> int:
    """How many replicates the arm has that has most; 1 where none has a value, for the reasons."""
    return max((len(each.values) for each in found), default=0) or 1
