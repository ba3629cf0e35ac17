"""How much a call does: what turns seconds into GB/s and GFLOP/s.

Nothing of this is timed, so a change here shifts no stored number.
"""

from dataclasses import dataclass
from math import prod
from typing import Protocol

from .cases import Case, Shape, nbytes


@dataclass(frozen=True)
class Work:
    """Of one call. `bytes`: of the inputs and the result, each moved once, which is the
    least. `operations`: floating-point, a multiplication and an addition being two; None where
    the least number says little, as for exp or a sort."""

    bytes: int
    operations: int | None = None


class Shaped(Protocol):
    """An operation, as far as its work is concerned."""

    def output_shape(self, case: Case) -> Shape:
        """The shape of the result."""


def moved(operation: Shaped, case: Case) -> Work:
    """Inputs and the result; a single number counts nothing."""
    result = operation.output_shape(case)
    return Work(nbytes(*case.shapes, *([result] if result else []), dtype=case.dtype))


def contraction(operation: Shaped, case: Case, terms: int) -> Work:
    """Every element of the result is a dot product of so many terms."""
    return Work(moved(operation, case).bytes, 2 * prod(operation.output_shape(case)) * terms)
