"""Random inputs, quickly: drawing them took longer than measuring with them."""

import math

import numpy as np
from numpy.typing import NDArray

from .cases import Shape

#: Values that are drawn; a larger array repeats them. 16 MB of float32, more than a cache holds.
DRAWN = 1 << 22


def normal(rng: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
    """Standard normal float32 of `shape`, drawn up to `DRAWN` values and then repeated."""
    size = math.prod(shape)
    drawn = rng.standard_normal(min(size, DRAWN), dtype=np.float32)
    return np.resize(drawn, shape)
