from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.axes import Axes
from mlx_asv.job import Case
from mlx_asv.sweep.turns import behind, shuffled

CASE = Case("ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 0, "gpu": 1})

# -- the order of the cases ------------------------------------------------------------------

cases = st.lists(
    st.builds(
        Case,
        st.sampled_from(["a.time_a", "b.time_b"]),
        st.just("1"),
        st.text().map(lambda text: Axes.of(case=text)),
        st.just(60.0),
        st.just({}),
    ),
    unique_by=lambda case: (case.benchmark, case.label),
)


@given(found=cases, seed=st.integers(0, 2**31), replicate=st.integers(0, 20), data=st.data())
def test_pass_has_every_case_once(
    found: list[Case], seed: int, replicate: int, data: st.DataObject
) -> None:
    """The order is drawn from the seed and the pass alone, not from how the cases came."""
    order = shuffled(found, seed, replicate)
    assert Counter(order) == Counter(found)
    assert shuffled(data.draw(st.permutations(found)), seed, replicate) == order


@pytest.mark.parametrize("change", [(2, 0), (1, 1)])
def test_order_changes_with_seed_and_pass(change: tuple[int, int]) -> None:
    """No case always comes after the same other."""
    found = [replace(CASE, axes=Axes.of(case=str(number))) for number in range(20)]
    assert shuffled(found, 1, 0) != shuffled(found, *change)
    assert shuffled(found, 1, 0) != sorted(found, key=lambda case: case.label)


# -- who goes on after the passes -------------------------------------------------------------

spent = st.dictionaries(st.integers(), st.floats(0, 1e6), min_size=1)


@given(spent=spent)
def test_who_had_least_is_next(spent: dict[int, float]) -> None:
    """At least half go on, and nobody that goes on had more than one that waits."""
    chosen = behind(spent)
    assert 2 * len(chosen) >= len(spent)
    waiting = [spent[each] for each in spent if each not in chosen]
    assert all(spent[each] < least for each in chosen for least in waiting)


def test_cheap_cases_go_on_until_all_have_had_the_same_time() -> None:
    """A case of 60 s a replicate waits for those of 5 s, and then is not left behind."""
    cost = {"large": 60.0, "b": 5.0, "c": 5.0, "d": 6.0}
    spent = {name: 3 * seconds for name, seconds in cost.items()}
    for _ in range(100):
        for each in behind(spent):
            spent[each] += cost[each]
    assert max(spent.values()) - min(spent.values()) <= 2 * max(cost.values())
