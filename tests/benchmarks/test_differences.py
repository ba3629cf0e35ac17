"""Derivatives by differences."""

import numpy as np

from .differences import differences


def test_of_a_product() -> None:
    """The gradients of A B are those of linear algebra, each of its input's shape."""
    rng = np.random.default_rng(0)
    a, b, cotangent = (rng.standard_normal(shape) for shape in ((2, 3), (3, 4), (2, 4)))
    found = differences(np.matmul, [a, b], cotangent, (0, 1))
    expected = [cotangent @ b.T, a.T @ cotangent]
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_of_chosen_inputs() -> None:
    """Those alone."""
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    cotangent = np.array([1.0, 10.0])
    found = differences(lambda x, y: x * x * y, [x, y], cotangent, (0,))
    np.testing.assert_allclose(found, [[6.0, 160.0]], rtol=1e-9)
