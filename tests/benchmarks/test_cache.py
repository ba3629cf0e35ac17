from typing import Any

import numpy as np
import pytest

from benchmarks.cache import KVCache, QuantizedCacheAttention
from benchmarks.cases import Case

LABEL = "1x2x1x4 1x2x8x4 offset=5"


class Copies:
    """A framework whose arrays are NumPy's."""

    array = staticmethod(np.copy)
    clone = staticmethod(np.copy)


@pytest.mark.parametrize("framework", ["mlx", "torch"])
def test_rows_are_written_at_their_place(framework: str) -> None:
    """The view ends with the row; what lies behind it stays, and so does what was given."""
    operation, case = KVCache(), Case.parse(LABEL, "bfloat16")
    row, cache = operation.arrays(case, np.random.default_rng(0))
    given = cache.copy()
    define: Any = getattr(operation, framework)
    function, inputs = operation.load(define(case, Copies, None), [row, cache])
    for _ in range(2):
        (only,) = inputs
        view = function(only)
        assert view.shape == operation.output_shape(case) == (1, 2, 6, 4)
        np.testing.assert_array_equal(view[..., 5:, :], row)
        np.testing.assert_array_equal(view[..., :5, :], cache[..., :5, :])
    np.testing.assert_array_equal(cache, given)
    np.testing.assert_array_equal(view.base[..., 6:, :], cache[..., 6:, :])


def test_the_cache_is_not_copied() -> None:
    """Every call writes into the same memory."""
    operation, case = KVCache(), Case.parse(LABEL, "bfloat16")
    row, cache = operation.arrays(case, np.random.default_rng(0))
    function, _ = operation.load(operation.mlx(case, Copies, None), [row, cache])  # type: ignore[arg-type]
    assert np.shares_memory(function(row), function(row))
    assert not np.shares_memory(function(row), cache)


def test_bytes_of_a_quantized_cache() -> None:
    """Keys and values of 4 bits, with scale and offset of each 64; queries and result."""
    case = Case.parse("1x8x64x128 1x8x1024x128 1x8x1024x128 bits=4 group=64")
    work = QuantizedCacheAttention().work(case)
    cached, queries = 8 * 1024 * 128, 8 * 64 * 128
    assert work.bytes == 2 * cached * (0.5 + 8 / 64) + 2 * 4 * queries
    assert work.operations == 2 * 2 * queries * 1024
