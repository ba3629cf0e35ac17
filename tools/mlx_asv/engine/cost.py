"""The cost of a block set in seconds, and the number of blocks that is worth it."""

from dataclasses import dataclass
from math import ceil, sqrt

#: The fewest and the most blocks of a block set.
FEWEST_BLOCKS, MOST_BLOCKS = 3, 8
#: An arm is visited for so many seconds, ...
ENOUGH_SECONDS = 0.05
#: ... and for a part of what its life costs before: of lives that cost C and visits that cost V,
#: s sqrt(C / V) visits of a life give the narrowest interval when visits scatter s times as much as
#: lives (Kalibera & Jones, ISMM 2013, section 6). In three sweeps on a 2-core VM that was 1.5 to 3
#: for calls of less than 0.1 s, and 3.1 to 4.1 for longer ones, of which a visit has but one.
SCATTER, LONG_SCATTER = 2.0, 3.5
LONG_VISIT = 0.1


def scatter(visit: float) -> float:
    """How many times as much visits of so many seconds scatter as lives do."""
    return LONG_SCATTER if visit >= LONG_VISIT else SCATTER


@dataclass(frozen=True)
class Cost:
    """The seconds that a block set of a case takes to load its arms, and for one block."""

    loading: float
    block: float
    arms: int

    @property
    def blocks(self) -> int:
        """The number of blocks that is worth the time of loading."""
        visit = self.block / self.arms
        wanted = max(ENOUGH_SECONDS / visit, scatter(visit) * sqrt(self.loading / self.block))
        return min(MOST_BLOCKS, max(FEWEST_BLOCKS, ceil(wanted)))

    @property
    def seconds(self) -> float:
        """The seconds of the whole block set."""
        return self.loading + self.blocks * self.block
