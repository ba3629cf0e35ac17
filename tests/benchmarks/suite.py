"""The operations of the suite by their class names, and what each must say of itself.

Imports nothing but the suite and NumPy: the interpreters that measure have no more.
"""

from itertools import product

import numpy as np

from benchmarks import catalogue
from benchmarks.agreement import HostArray
from benchmarks.frameworks import Inputs
from benchmarks.operation import Operation


def operations() -> dict[str, type[Operation]]:
    """Every operation of the suite by its class name."""
    return {cls.__name__: cls for cls in catalogue.operations().values()}


def small(cls: type[Operation]) -> list[tuple[str, ...]]:
    """The small cases with every value of the other axes: the parameters without the backend."""
    return list(product(cls.small_cases, *cls.axes.values()))


def lacking(cls: type[Operation]) -> list[str]:
    """What an operation does not say that its results are compared by."""
    said = {
        "reference": cls.reference is not Operation.reference,
        "tolerance": hasattr(cls, "tolerances" if cls.axes else "tolerance"),
        "small_cases": bool(cls.small_cases),
    }
    return [name for name, is_there in said.items() if not is_there]


def joined(arrays: Inputs) -> HostArray:
    """Several arrays as one: stacked if their shapes are equal, else along one axis."""
    if len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    return np.concatenate([array.ravel() for array in arrays])
