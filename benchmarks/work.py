"""How much a case does, from its label: what turns seconds into GB/s and GFLOP/s.

Nothing of this is timed, so a change here shifts no stored number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

from .cases import Case, Shape, nbytes


@dataclass(frozen=True)
class Work:
    """Of one call. `bytes`: of the float32 inputs and the result, each moved once, which is the
    least. `operations`: floating-point, a multiplication and an addition being two; None where
    the least number says little, as for exp or a sort."""

    bytes: int
    operations: int | None = None


def work(benchmark: str, label: str) -> Work | None:
    """Of the case `label` of ``family.Operation.method``; None where it is not defined."""
    operation = benchmark.split(".")[-2:-1]
    define = WORK.get(operation[0]) if operation else None
    if define is None:
        return None
    try:
        return define(Case.parse(label))
    except (ValueError, IndexError):  # another suite's, of the same name
        return None


def _elementwise(case: Case) -> Work:
    return Work(nbytes(*case.shapes, case.shapes[0]))


def _to_a_number(case: Case) -> Work:
    return Work(nbytes(*case.shapes))


def _along_axis(case: Case) -> Work:
    (shape,) = case.shapes
    axis = range(len(shape))[case.axis or 0]
    return Work(nbytes(shape, shape[:axis] + shape[axis + 1 :]))


def _concat(case: Case) -> Work:
    return Work(2 * nbytes(*case.shapes))


def _product(case: Case) -> Work:
    left, right = case.shapes[:2]
    return _contraction(case, (*left[:-1], right[-1]), left[-1])


def _convolution(case: Case) -> Work:
    x, weight = case.shapes
    spatial = tuple(n - k + 1 for n, k in zip(x[1:-1], weight[1:-1], strict=True))
    return _contraction(case, (x[0], *spatial, weight[0]), prod(weight[1:]))


def _attention(case: Case) -> Work:
    q, k, v = case.shapes
    products = 2 * prod(q[:-1]) * k[-2] * (q[-1] + v[-1])  # q k^T, and its softmax times v
    return Work(nbytes(q, k, v, q), products)


def _contraction(case: Case, result: Shape, length: int) -> Work:
    """Every element of the result is a dot product of `length` terms."""
    return Work(nbytes(*case.shapes, result), 2 * prod(result) * length)


#: By the name of the operation. Gathers and scatters are not here: how many of the rows they touch
#: are in a cache decides what they move.
WORK: Mapping[str, Callable[[Case], Work]] = {
    **dict.fromkeys(("LeakyReLU", "PReLU", "ReLU", "SeLU", "Sigmoid", "Softplus"), _elementwise),
    **dict.fromkeys(("LayerNorm", "Softmax", "Sort"), _elementwise),
    **dict.fromkeys(("Argmax", "Sum"), _along_axis),
    **dict.fromkeys(("BCE", "SumAll"), _to_a_number),
    **dict.fromkeys(("Linear", "MatMul"), _product),
    **dict.fromkeys(("Conv1d", "Conv2d"), _convolution),
    "Concat": _concat,
    "ScaledDotProductAttention": _attention,
}
