"""The order of the cases in a pass of a sweep, and the cases that go on after the passes."""

import random
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TypeVar

from mlx_asv.job import Case

Subject = TypeVar("Subject")


def shuffled(cases: Sequence[Case], seed: int, replicate: int) -> list[Case]:
    """The cases of a pass in random order: no case always comes after the same other case."""
    order = sorted(cases, key=lambda case: case.subject)
    random.Random(f"{seed} cases {replicate}").shuffle(order)
    return order


def behind(spent: Mapping[Subject, float]) -> list[Subject]:
    """The block sets on which no more time was spent than on the median one.

    A replicate narrows an interval by a share of its width, so an hour narrows more intervals where
    replicates are cheap. So cheap ones go on, until all have had the same time.
    """
    middle = median(spent.values())
    return [each for each, seconds in spent.items() if seconds <= middle]
