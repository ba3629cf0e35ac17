from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.tour.releases import spread


@given(size=st.integers(1, 300), count=st.integers(1, 400))
def test_spread_is_even_and_has_both_ends(size: int, count: int) -> None:
    """As many tags as wanted, in order, each once, the first and the last among them."""
    tags = [str(i) for i in range(size)]
    chosen = [int(tag) for tag in spread(tags, count)]
    assert len(chosen) == min(size, count)
    assert chosen == sorted(set(chosen))
    assert chosen[-1] == size - 1
    if count > 1:
        assert chosen[0] == 0
        gaps = [b - a for a, b in pairwise(chosen)]
        assert not gaps or max(gaps) - min(gaps) <= 2  # rounding, once at each end


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, "g"), (2, "ag"), (3, "adg"), (4, "aceg"), (7, "abcdefg"), (99, "abcdefg")],
)
def test_spread_over_seven(count: int, chosen: str) -> None:
    """One is the newest, two are the ends, more lie evenly between them."""
    assert spread("abcdefg", count) == list(chosen)
