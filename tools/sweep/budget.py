"""Sharing the wall time among block sets, so that no case starves."""

from dataclasses import dataclass

#: Blocks of a block set, at least and at most.
LEAST_BLOCKS, MOST_BLOCKS = 3, 60


@dataclass(frozen=True)
class Cost:
    """Seconds that a block set of a case takes: to load its arms, and for one block."""

    loading: float
    block: float

    @property
    def least(self) -> float:
        """For the fewest blocks that are worth it."""
        return self.loading + LEAST_BLOCKS * self.block

    @property
    def most(self) -> float:
        """For as many blocks as a set ever has."""
        return self.loading + MOST_BLOCKS * self.block


def mean_cost(costs: list[Cost]) -> Cost:
    """What a block set costs of which nothing is known yet."""
    if not costs:
        return Cost(0.0, 0.0)
    return Cost(
        sum(cost.loading for cost in costs) / len(costs),
        sum(cost.block for cost in costs) / len(costs),
    )


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
    return LEAST_BLOCKS * cost.block + max(0.0, extra)
