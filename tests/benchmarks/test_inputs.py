import numpy as np
import pytest

from benchmarks.inputs import DRAWN, normal


@pytest.mark.parametrize("shape", [(), (3, 5), (DRAWN,)])
def test_small_inputs_are_drawn(shape):
    """Up to DRAWN values are the generator's own."""
    expected = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
    found = normal(np.random.default_rng(1), shape)
    assert found.shape == shape
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)


def test_large_inputs_repeat_what_was_drawn():
    """A larger array holds the same values again and again, in its own memory."""
    drawn = np.random.default_rng(2).standard_normal(DRAWN, dtype=np.float32)
    found = normal(np.random.default_rng(2), (3, DRAWN // 2 + 1)).ravel()
    assert np.array_equal(found[:DRAWN], drawn)
    assert np.array_equal(found[DRAWN:], drawn[: len(found) - DRAWN])
    assert found.flags.writeable


def test_two_inputs_of_a_case_differ():
    """The generator goes on: two arrays of a case are not the same numbers."""
    rng = np.random.default_rng(3)
    assert not np.array_equal(normal(rng, (100,)), normal(rng, (100,)))
