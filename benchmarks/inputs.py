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


def quantizable(
    rng: np.random.Generator, shape: Shape, bits: int, group: int
) -> NDArray[np.float32]:
    """Weights that affine quantization in groups keeps as they are, on every release.

    Whole numbers of so many bits, the least and the greatest in each group, times a power of two,
    which differs from group to group. A row's standard deviation is about 1 / sqrt(its length).
    """
    least, greatest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    groups = math.prod(shape) // group
    size = (min(groups, DRAWN // group), group)
    numbers = rng.integers(least, greatest, size=size, endpoint=True, dtype=np.int8)
    numbers[:, 0], numbers[:, 1] = least, greatest
    power = round(math.log2(2**bits * math.sqrt(shape[-1] / 12)))
    powers = rng.integers(power - 1, power, size=(size[0], 1), endpoint=True)
    return np.resize(np.ldexp(numbers.astype(np.float32), -powers), shape)


def rounded(array: NDArray[np.float32], dtype: str) -> NDArray[np.float32]:
    """The nearest numbers of a shorter element type, still as float32: ties to even.

    A framework that gets these numbers converts them exactly, whatever its own rounding is.
    """
    if dtype == "bfloat16":
        bits = np.ascontiguousarray(array).view(np.uint32)
        # The upper half of a float32, after half of its last place was added (or just less).
        kept = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        return kept.astype(np.uint32).view(np.float32)
    return array.astype(dtype).astype(np.float32)
