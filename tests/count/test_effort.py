from itertools import pairwise

import pytest
from mlx_asv.count.effort import Effort, copies, warm
from mlx_asv.job import Arm

ARMS = tuple(Arm(backend, "v1", "reference") for backend in ("cpu", "gpu"))


@pytest.mark.parametrize("seconds", [1e-7, 1e-5, 0.0005, 0.002, 0.019, 0.02, 0.1, 5.0])
def test_every_replicate_has_counts_of_its_own(seconds):
    """At least two, of which one makes other numbers of calls than the next."""
    replicates = [calls for process in copies(seconds) for calls in process]
    assert len(replicates) >= 2
    assert all(len(set(calls)) == 1 for calls in replicates)
    assert all(one[0] != other[0] for one, other in pairwise(replicates))


def test_short_calls_are_counted_more_often():
    """In four processes; a long one twice in one."""
    assert copies(1e-6) == (((200,) * 3,), ((400,) * 3,)) * 2
    assert copies(0.0005) == (((4,) * 3,), ((8,) * 3,)) * 2
    assert copies(0.002) == (((1,),), ((2,),))
    assert copies(0.02) == copies(1.0) == (((1,), (2,)),)


def test_warm_calls():
    """Short calls need many, one of long calls is enough."""
    assert warm([0.00001, 0.00002]) == 100
    assert warm([0.0001, 0.001]) == 4
    assert warm([0.0001, 0.05]) == warm([]) == 1


def test_expected_time_is_that_of_all_arms():
    """Side by side it takes the less; what is longer takes longer."""
    effort = Effort({"cpu": 0.01, "gpu": 0.1})
    both = effort.expected(ARMS, 1)
    assert both == pytest.approx(sum(effort.expected([arm], 1) for arm in ARMS))
    assert effort.expected(ARMS, 2) == pytest.approx(both / 2)
    assert effort.expected(ARMS[1:], 1) > effort.expected(ARMS[:1], 1) > 0
    assert effort.expected([], 1) == 0


def test_copies_are_by_backend():
    """A case is called as often as it lets."""
    effort = Effort({"cpu": 1e-6, "gpu": 0.1})
    assert effort.copies == {"cpu": copies(1e-6), "gpu": copies(0.1)}
    assert effort.warm == 1
