"""How close to its reference a result must be, and what several references need.

A tolerance is (rtol, atol): a result passes when ``|error| <= atol + rtol * |reference|``
everywhere. About twice the largest error of MLX 0.21.1 to 0.31.1, PyTorch 2.13 and NumPy 1.26 on
x86-64 or, where that is next to nothing, a few roundings. Sums of both signs need an absolute part:
they cancel, and their error grows with what was added up.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

HostArray = NDArray[Any]

#: The relative error of one rounding to an element type: half of the distance of two neighbours.
ROUNDING = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}

#: The result is made of the inputs' own numbers, or of one rounded product of them.
EXACT = (0.0, 0.0)
#: A few roundings of 6e-8 each: element by element, or of sums without cancellation.
ROUNDED = (1e-6, 0.0)


def relative_error(
    result: HostArray, expected: HostArray, dtype: str, *, componentwise: bool
) -> float:
    """The largest error of a result, as a part of the reference: of each element as a part of it if
    `componentwise`, else as a part of the largest one (Higham 2002, "Accuracy and Stability of
    Numerical Algorithms", sections 1.2 and 6.2).

    At least one rounding to `dtype`: a result cannot be told from the nearest number. Raises
    ValueError for a result that is not finite where the reference is.
    """
    finite = np.isfinite(expected)
    if not np.isfinite(result[finite]).all():
        raise ValueError("the result is not finite where the reference is")
    error, size = np.abs(result[finite] - expected[finite]), np.abs(expected[finite])
    if not componentwise:
        error, size = error.max(initial=0.0), size.max(initial=0.0)
    parts = np.divide(error, size, out=np.where(error > 0, np.inf, 0.0), where=size > 0)
    return max(float(np.max(parts, initial=0.0)), ROUNDING[dtype])


def largest_allowed(
    expected: HostArray, tolerance: tuple[float, float], dtype: str, *, componentwise: bool
) -> float:
    """The largest relative error of a result that is within a tolerance, as `relative_error` finds
    it: rtol, and atol as a part of the largest element, or if `componentwise` of the smallest one
    that is not 0; at least one rounding to `dtype`."""
    rtol, atol = tolerance
    sizes = np.abs(expected[np.isfinite(expected)])
    sizes = sizes[sizes > 0]
    if atol and sizes.size:
        rtol += atol / float(sizes.min() if componentwise else sizes.max())
    return max(rtol, ROUNDING[dtype])


def elementwise(function: Callable[[float], float], x: HostArray) -> HostArray:
    """A function of one number, applied to each."""
    return np.array([function(value) for value in x.flat]).reshape(x.shape)


def along(function: Callable[[HostArray], Any], axis: int | None, x: HostArray) -> HostArray:
    """A function of the numbers along an axis, applied to each line; its result's axes are last."""
    lines = np.moveaxis(x, axis or 0, -1)
    found = np.array([function(lines[place]) for place in np.ndindex(lines.shape[:-1])])
    return found.reshape(*lines.shape[:-1], *found.shape[1:])


def product(a: HostArray, b: HostArray) -> HostArray:
    """Of matrices; one that lacks leading axes is repeated."""
    b = np.broadcast_to(b, (*a.shape[:-2], *b.shape[-2:]))
    result: HostArray = np.einsum("...ij,...jk->...ik", a, b)
    return result
