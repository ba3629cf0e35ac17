"""Who is next in a sweep: in what order the cases of a pass come, and who goes on after it."""

import random
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TypeVar

from mlx_asv.job import Case

Subject = TypeVar("Subject")


def shuffled(cases: Sequence[Case], seed: int, replicate: int) -> list[Case]:
    """The order of the cases in a pass: no case always comes after the same other."""
    order = sorted(cases, key=lambda case: (case.benchmark, case.label))
    random.Random(f"{seed} cases {replicate}").shuffle(order)
    return order


def behind(spent: Mapping[Subject, float]) -> list[Subject]:
    """Those on which no more time was spent than on the median one.

    Replicates narrow an interval by a share of itself: the same share of more intervals is had
    where they are cheap. So what is cheap goes on until all have had the same time.
    """
    middle = median(spent.values())
    return [each for each, seconds in spent.items() if seconds <= middle]
