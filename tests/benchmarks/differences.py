"""Derivatives of a reference by differences, in float64: no framework has a part in them."""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.agreement import HostArray

#: Of a number near 1: half of the digits of float64 are left, and the error is the square of it.
STEP = 1e-5


def differences(
    function: Callable[..., HostArray],
    inputs: Sequence[HostArray],
    cotangent: HostArray,
    places: Sequence[int],
) -> list[HostArray]:
    """The gradients of ``sum(cotangent * function(*inputs))`` by the inputs at `places`.

    Central differences.
    """
    found = []
    for place in places:
        gradient = np.zeros(inputs[place].shape)
        for index in np.ndindex(gradient.shape):
            ends = []
            for step in (STEP, -STEP):
                changed = [array.copy() if n == place else array for n, array in enumerate(inputs)]
                changed[place][index] += step
                ends.append(float(np.sum(cotangent * function(*changed))))
            gradient[index] = (ends[0] - ends[1]) / (2 * STEP)
        found.append(gradient)
    return found
