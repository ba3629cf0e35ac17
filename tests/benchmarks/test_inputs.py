import numpy as np
import pytest

from benchmarks.inputs import DRAWN, normal, rounded


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


def test_rounding_to_sixteen_bits_of_bfloat16():
    """To the nearest, ties to even: as the definition says it bit by bit, and twice is once."""
    values = normal(np.random.default_rng(4), (1000,)) * np.float32(1e3)
    found = rounded(values, "bfloat16")
    below = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    above = (np.uint32(0x10000) + (values.view(np.uint32) & 0xFFFF0000)).view(np.float32)
    nearest = np.where(np.abs(values - below) <= np.abs(values - above), below, above)
    assert np.array_equal(found, nearest)
    assert np.array_equal(rounded(found, "bfloat16"), found)
    ties = np.array([0x3F808000, 0x3F818000], dtype=np.uint32).view(np.float32)
    even = np.array([0x3F800000, 0x3F820000], dtype=np.uint32).view(np.float32)
    assert np.array_equal(rounded(ties, "bfloat16"), even)


def test_rounding_to_float16_is_numpys():
    """And the result is float32 again."""
    values = normal(np.random.default_rng(5), (100,))
    found = rounded(values, "float16")
    assert found.dtype == np.float32
    assert np.array_equal(found.astype(np.float16), values.astype(np.float16))
