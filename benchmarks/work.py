"""How much a call does: what turns seconds into GB/s and GFLOP/s.

Nothing of this is timed, so a change here shifts no stored number.
"""

from dataclasses import dataclass
from math import prod
from typing import Protocol

from .cases import GRADIENT, Case, Shape, nbytes


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

    def differentiated(self, case: Case) -> tuple[int, ...]:
        """The inputs that gradients are taken by."""


def moved(operation: Shaped, case: Case) -> Work:
    """Inputs and the result; a single number counts nothing.

    Of gradients: the inputs, the result's own gradient, and the gradients.
    """
    result = operation.output_shape(case)
    found = [*case.shapes, *([result] if result else [])]
    if case.mode == GRADIENT:
        found += [case.shapes[place] for place in operation.differentiated(case)]
    return Work(nbytes(*found, dtype=case.dtype))


def contraction(operation: Shaped, case: Case, terms: int) -> Work:
    """Every element of the result is a dot product of so many terms.

    A gradient takes as many multiplications as the result, for each input.
    """
    products = prod(operation.output_shape(case)) * terms
    if case.mode == GRADIENT:
        products *= len(operation.differentiated(case))
    return Work(moved(operation, case).bytes, 2 * products)
