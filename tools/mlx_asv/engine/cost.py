"""The cost of a block set in seconds, and the number of blocks that is worth it."""

from dataclasses import dataclass
from math import ceil, sqrt

#: The fewest and the most blocks of a block set.
FEWEST_BLOCKS, MOST_BLOCKS = 3, 8
#: An arm is visited for so many seconds, ...
ENOUGH_SECONDS = 0.05
#: ... and for a part of what its life costs before: of lives that cost C and visits that cost V,
#: s sqrt(C / V) visits of a life give the narrowest interval when visits scatter s times as much as
#: lives (Kalibera & Jones, ISMM 2013, section 6). For most of twelve cases on a 2-core VM that
#: was 1 to 2; 2 to 4 visits of a life were then best, and 8 up to 45 % worse.
SCATTER = 1.5


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
        wanted = max(ENOUGH_SECONDS / visit, SCATTER * sqrt(self.loading / self.block))
        return min(MOST_BLOCKS, max(FEWEST_BLOCKS, ceil(wanted)))

    @property
    def seconds(self) -> float:
        """The seconds of the whole block set."""
        return self.loading + self.blocks * self.block
