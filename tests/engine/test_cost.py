from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.engine.cost import (
    ENOUGH_SECONDS,
    FEWEST_BLOCKS,
    LONG_VISIT,
    MOST_BLOCKS,
    Cost,
    scatter,
)

costs = st.builds(
    Cost, loading=st.floats(0.0, 100.0), block=st.floats(1e-2, 100.0), arms=st.integers(1, 60)
)


@given(cost=costs)
def test_a_set_loads_once_and_then_has_its_blocks(cost: Cost) -> None:
    """Neither too few for a fit nor more than say something of the release."""
    assert FEWEST_BLOCKS <= cost.blocks <= MOST_BLOCKS
    assert cost.seconds == pytest.approx(cost.loading + cost.blocks * cost.block)


@given(cost=costs)
def test_an_arm_is_visited_for_long_enough(cost: Cost) -> None:
    """Short visits are repeated until there is enough, in time and for what loading costs."""
    visit = cost.block / cost.arms
    if cost.blocks < MOST_BLOCKS:
        assert cost.blocks * visit >= ENOUGH_SECONDS * (1 - 1e-9)
        assert cost.blocks >= scatter(visit) * sqrt(cost.loading / cost.block) * (1 - 1e-9)
    if cost.blocks > FEWEST_BLOCKS:
        fewer = cost.blocks - 1
        enough = fewer * visit >= ENOUGH_SECONDS
        assert not (enough and fewer >= scatter(visit) * sqrt(cost.loading / cost.block))


def test_long_visits_scatter_more() -> None:
    """So a life has more of them than the time of loading alone would ask for."""
    quick, slow = (Cost(10 * visit, visit * 2, 2) for visit in (0.9 * LONG_VISIT, LONG_VISIT))
    assert slow.blocks > quick.blocks


@given(
    visits=st.lists(st.floats(1e-3, 0.99 * LONG_VISIT), min_size=2).map(sorted),
    loading=st.floats(0, 10),
)
def test_short_visits_are_repeated_more_often(visits: list[float], loading: float) -> None:
    """With the same to load."""
    counts = [Cost(loading, 10 * visit, 10).blocks for visit in visits]
    assert all(a >= b for a, b in pairwise(counts))
