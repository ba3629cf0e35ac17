"""What a sweep is going to measure, and in what order its cases come."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from mlx_asv.engine.plan import Setting
from mlx_asv.job import Case


@dataclass(frozen=True)
class Design(Setting):
    """What a sweep is going to measure."""

    releases: tuple[str, ...]
    reference: str
    cases: tuple[Case, ...]
    replicates: int
    target: float
    #: Seconds: cases of which the reference takes longer for one call are left out.
    longest: float


def shuffled(cases: Sequence[Case], seed: int, replicate: int) -> list[Case]:
    """The order of the cases in a pass: no case always comes after the same other."""
    order = sorted(cases, key=lambda case: (case.benchmark, case.label))
    random.Random(f"{seed} cases {replicate}").shuffle(order)
    return order
