"""Sharing the wall time among block sets, so that no case starves."""

from dataclasses import dataclass
from math import ceil

#: Blocks of a block set: between these two at least, depending on how long a visit is; at most.
#: The first blocks of a process are the noisiest, so short visits are repeated until an arm has
#: had `LEAST_SECONDS` of them; long ones, which take most of the time, only three times.
FEWEST_BLOCKS, ENOUGH_BLOCKS, MOST_BLOCKS = 3, 10, 60
LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """Seconds that a block set of a case takes: to load its arms, and for one block."""

    loading: float
    block: float
    #: Seconds of its longest visit.
    visit: float = 0.01

    @property
    def least_blocks(self) -> int:
        """The fewest blocks that are worth it."""
        wanted = ceil(LEAST_SECONDS / max(self.visit, 1e-3))
        return min(ENOUGH_BLOCKS, max(FEWEST_BLOCKS, wanted))

    @property
    def least(self) -> float:
        """Seconds for those."""
        return self.loading + self.least_blocks * self.block

    @property
    def most(self) -> float:
        """For as many blocks as a set ever has."""
        return self.loading + MOST_BLOCKS * self.block


def seconds_for_blocks(cost: Cost, others: list[Cost], left: float) -> float:
    """Seconds of blocks for the next block set when `left` remain for it and `others`.

    Every set gets its fewest blocks first. What then remains is shared equally, except that no
    set gets more than it can use: short cases leave theirs to the long ones.
    """
    spare = left - cost.least - sum(other.least for other in others)
    wants = sorted(each.most - each.least for each in [cost, *others])
    share = 0.0
    while wants and spare > 0:
        equal = spare / len(wants)
        if wants[0] > equal:
            share += equal
            break
        # The shortest is content with what it can use; all others have at least as much.
        taken = wants.pop(0)
        share += taken
        spare -= taken * (len(wants) + 1)
        wants = [want - taken for want in wants]
    extra = min(share, cost.most - cost.least)
    return cost.least_blocks * cost.block + max(0.0, extra)
