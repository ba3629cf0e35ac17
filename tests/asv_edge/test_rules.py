import numpy as np
from mlx_asv.asv_edge.rules import better, steps

RNG = np.random.default_rng(1)


def samples(level, noise=0.01, count=20):
    """Of a result at this level."""
    return (level * np.exp(RNG.normal(0, noise, count))).tolist()


def test_better_by_the_factor():
    """As `asv compare`: 20 % is over its factor of 1.1, 5 % is not; the other way it is worse."""
    slow, fast, near = samples(1.2), samples(1.0), samples(1.05)
    assert better(fast, slow, 1.1)
    assert not better(slow, fast, 1.1)
    assert not better(fast, near, 1.1)
    assert better(fast, near, 1.02)


def test_intervals_that_overlap_are_no_difference():
    """However large the factor says it is."""
    assert not better(samples(1.0, 1.0), samples(1.2, 1.0), 1.01)


def test_steps_of_a_series():
    """Where the level changes, and by what ratio; none in one that is flat."""
    ((position, ratio),) = steps([samples(1.0) for _ in range(6)] + [samples(1.3)] * 6)
    assert position == 6
    assert 1.25 < ratio < 1.35
    assert steps([samples(1.0, 0.001) for _ in range(12)]) == []
