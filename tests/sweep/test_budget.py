from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.sweep.budget import (
    ENOUGH_BLOCKS,
    FEWEST_BLOCKS,
    LEAST_SECONDS,
    MOST_BLOCKS,
    Cost,
    seconds_for_blocks,
)

costs = st.builds(
    Cost, loading=st.floats(0.0, 100.0), block=st.floats(1e-3, 100.0), visit=st.floats(0.0, 10.0)
)
some_costs = st.lists(costs, min_size=1, max_size=8)


def in_turn(sets: list[Cost], budget: float) -> list[float]:
    """Seconds of blocks that each set gets, when every one takes what it was given."""
    given_out = []
    for number, cost in enumerate(sets):
        seconds = seconds_for_blocks(cost, sets[number + 1 :], budget)
        given_out.append(seconds)
        budget -= cost.loading + seconds
    return given_out


def least(cost: Cost) -> float:
    """Seconds of the fewest blocks."""
    return cost.least - cost.loading


def most(cost: Cost) -> float:
    """Seconds of as many blocks as there may be."""
    return cost.most - cost.loading


# -- what a set costs ------------------------------------------------------------------------


@given(cost=costs)
def test_least_and_most_are_blocks_after_loading(cost: Cost) -> None:
    """A set loads once, and then has its blocks."""
    assert least(cost) == pytest.approx(cost.least_blocks * cost.block)
    assert most(cost) == pytest.approx(MOST_BLOCKS * cost.block)


@given(visits=st.lists(st.floats(0.0, 10.0), min_size=2).map(sorted))
def test_short_visits_are_repeated_more_often(visits: list[float]) -> None:
    """The fewest blocks are few for long visits, and enough for short ones, but never all."""
    counts = [Cost(1.0, 1.0, visit).least_blocks for visit in visits]
    assert all(a >= b for a, b in pairwise(counts))
    for visit, count in zip(visits, counts, strict=True):
        assert FEWEST_BLOCKS <= count <= ENOUGH_BLOCKS < MOST_BLOCKS
        assert count == ENOUGH_BLOCKS or count * visit >= LEAST_SECONDS * (1 - 1e-9)


# -- sharing ---------------------------------------------------------------------------------


@settings(deadline=None)
@given(sets=some_costs, budget=st.floats(0.0, 1e5))
def test_every_set_gets_its_least_and_no_more_than_it_can_use(
    sets: list[Cost], budget: float
) -> None:
    """However little is left, a set that is begun has its fewest blocks; none has too many."""
    for cost, seconds in zip(sets, in_turn(sets, budget), strict=True):
        assert least(cost) * (1 - 1e-9) <= seconds <= most(cost) * (1 + 1e-9)


@settings(deadline=None)
@given(sets=some_costs, part=st.floats(0.0, 1.5))
def test_budget_is_spent_and_not_exceeded(sets: list[Cost], part: float) -> None:
    """From the least of all sets to the most, the budget is exactly what they take together."""
    fewest, all_blocks = sum(cost.least for cost in sets), sum(cost.most for cost in sets)
    budget = fewest + part * (all_blocks - fewest)
    taken = sum(cost.loading for cost in sets) + sum(in_turn(sets, budget))
    assert taken == pytest.approx(min(budget, all_blocks))


def level(sets: list[Cost], spare: float) -> float:
    """The share that no set exceeds, found by trying: their sum is what is to spare."""
    wants = [cost.most - cost.least for cost in sets]
    low, high = 0.0, max(wants)
    for _ in range(200):
        middle = (low + high) / 2
        if sum(min(want, middle) for want in wants) < spare:
            low = middle
        else:
            high = middle
    return high


@settings(deadline=None)
@given(sets=some_costs, part=st.floats(0.0, 1.0))
def test_shares_are_equal_but_for_those_that_need_less(sets: list[Cost], part: float) -> None:
    """All get the same beyond their least; short cases leave to the long what they cannot use."""
    spare = part * sum(cost.most - cost.least for cost in sets)
    share = level(sets, spare)
    budget = sum(cost.least for cost in sets) + spare
    for cost, seconds in zip(sets, in_turn(sets, budget), strict=True):
        expected = min(share, cost.most - cost.least)
        assert seconds - least(cost) == pytest.approx(expected, rel=1e-6, abs=1e-6 * cost.most)


def test_short_case_leaves_its_time_to_the_long() -> None:
    """A case of milliseconds is done after as many blocks as there are; the other has the rest."""
    short, long = Cost(0.0, 0.1), Cost(0.0, 100.0)
    budget = short.least + long.least + 500.0
    alone = short.most - short.least
    assert in_turn([short, long], budget) == pytest.approx([short.most, long.least + 500.0 - alone])
    assert in_turn([long, short], budget) == pytest.approx([long.least + 500.0 - alone, short.most])


def test_last_set_may_take_all_that_is_left() -> None:
    """There is nobody to leave anything to."""
    cost = Cost(10.0, 1.0)
    assert seconds_for_blocks(cost, [], 10.0 + 33.0) == pytest.approx(33.0)
