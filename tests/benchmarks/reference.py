"""What each operation should compute: slowly, in float64, and put otherwise than in the suite.

A reference takes the case and the operation's inputs before they are arranged for a
framework, and returns the result in the arrangement of MLX.
"""

from collections.abc import Callable
from itertools import product
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.cases import Case

from .model_reference import model

HostArray = NDArray[Any]
Inputs = list[HostArray]


def _leaky_relu(case: Case, arrays: Inputs) -> HostArray:
    (x,) = arrays
    return np.array([v if v > 0 else 0.01 * v for v in x.flat]).reshape(x.shape)


def _prelu(case: Case, arrays: Inputs) -> HostArray:
    x, (alpha,) = arrays
    return np.array([v if v > 0 else alpha * v for v in x.flat]).reshape(x.shape)


def _relu(case: Case, arrays: Inputs) -> HostArray:
    (x,) = arrays
    return np.array([v if v > 0 else 0.0 for v in x.flat]).reshape(x.shape)


def _selu(case: Case, arrays: Inputs) -> HostArray:
    (x,) = arrays
    # The constants follow from their definition: zero mean and unit variance stay fixed.
    erfc, exp, pi, e, root = special.erfc, np.exp, np.pi, np.e, np.sqrt
    alpha = -root(2 / pi) / (erfc(1 / root(2)) * exp(1 / 2) - 1)
    scale = (1 - erfc(1 / root(2)) * root(e)) * root(2 * pi)
    scale /= root(
        2 * erfc(root(2)) * e**2
        + pi * erfc(1 / root(2)) ** 2 * e
        - 2 * (2 + pi) * erfc(1 / root(2)) * root(e)
        + pi
        + 2
    )
    return np.where(x > 0, scale * x, scale * alpha * (exp(np.minimum(x, 0)) - 1))


def _sigmoid(case: Case, arrays: Inputs) -> HostArray:
    return (1 + np.tanh(arrays[0] / 2)) / 2


def _softplus(case: Case, arrays: Inputs) -> HostArray:
    return -np.log(special.expit(-arrays[0]))


def _attention(case: Case, arrays: Inputs) -> HostArray:
    q, k, v, _ = arrays  # the mask is not looked at: which keys are seen is said here
    result = np.zeros((*q.shape[:-1], v.shape[-1]))
    for *head, i in np.ndindex(q.shape[:-1]):
        batch = tuple(head)
        scores = k[batch][: i + 1] @ q[batch][i] / np.sqrt(q.shape[-1])
        result[(*batch, i)] = special.softmax(scores) @ v[batch][: i + 1]
    return result


def _convolution(case: Case, arrays: Inputs) -> HostArray:
    x, weight = arrays
    kernel = weight.shape[1:-1]
    spatial = [n - k + 1 for n, k in zip(x.shape[1:-1], kernel, strict=True)]
    result = np.zeros((len(x), *spatial, len(weight)))
    for n, o in product(range(len(x)), range(len(weight))):
        for corner in np.ndindex(*spatial):
            window = tuple(slice(c, c + k) for c, k in zip(corner, kernel, strict=True))
            result[(n, *corner, o)] = np.sum(x[(n, *window)] * weight[o])
    return result


def _gather(case: Case, arrays: Inputs) -> HostArray:
    x, index = arrays
    return np.stack([x[int(row)] for row in index])


def _scatter(case: Case, arrays: Inputs) -> HostArray:
    x, index, updates = arrays
    rows = dict(zip(index.tolist(), updates, strict=True))
    return np.stack([rows.get(row, old) for row, old in enumerate(x)])


def _scatter_sum(case: Case, arrays: Inputs) -> HostArray:
    x, index, updates = arrays
    return x + np.eye(len(x))[index].T @ updates


def _scatter_max(case: Case, arrays: Inputs) -> HostArray:
    x, index, updates = arrays
    return np.stack([np.vstack([old, updates[index == i]]).max(0) for i, old in enumerate(x)])


def _concat(case: Case, arrays: Inputs) -> HostArray:
    a, b = arrays
    joined = [list(a) + list(b), [[*p, *q] for p, q in zip(a, b, strict=False)]]
    return np.array(joined[case.axis or 0])


def _linear(case: Case, arrays: Inputs) -> HostArray:
    x, weight, bias = arrays
    return np.einsum("bti,io->bto", x, weight) + bias


def _matmul(case: Case, arrays: Inputs) -> HostArray:
    a, b = arrays
    b = np.broadcast_to(b, (*a.shape[:-2], *b.shape[-2:]))
    return np.einsum("...ij,...jk->...ik", a, b)


def _bce(case: Case, arrays: Inputs) -> HostArray:
    logits, targets = arrays
    p = special.expit(logits)
    losses = np.where(targets == 1, -np.log(p), -np.log1p(-p))
    return np.array(fsum(losses.flat) / losses.size)


def _layer_norm(case: Case, arrays: Inputs) -> HostArray:
    (x,) = arrays
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        mean = fsum(row) / len(row)
        variance = fsum(v * v for v in row) / len(row) - mean**2
        rows.append((row - mean) / (variance + 1e-5) ** 0.5)
    return np.array(rows).reshape(x.shape)


def _softmax(case: Case, arrays: Inputs) -> HostArray:
    (x,) = arrays
    return np.exp(x - special.logsumexp(x, axis=case.axis, keepdims=True))


def _argmax(case: Case, arrays: Inputs) -> HostArray:
    lines = np.moveaxis(arrays[0], case.axis or 0, -1)
    places = [max(range(lines.shape[-1]), key=lines[at].__getitem__) for at in _places(lines)]
    return np.array(places).reshape(lines.shape[:-1])


def _sort(case: Case, arrays: Inputs) -> HostArray:
    lines = np.moveaxis(arrays[0], case.axis or 0, -1)
    ordered = np.array([sorted(lines[at]) for at in _places(lines)]).reshape(lines.shape)
    return np.moveaxis(ordered, -1, case.axis or 0)


def _sum(case: Case, arrays: Inputs) -> HostArray:
    lines = np.moveaxis(arrays[0], case.axis or 0, -1)
    return np.array([fsum(lines[at]) for at in _places(lines)]).reshape(lines.shape[:-1])


def _sum_all(case: Case, arrays: Inputs) -> HostArray:
    return np.array(fsum(arrays[0].flat))


def _add_chain(case: Case, arrays: Inputs) -> HostArray:
    return arrays[0] * (case.numbers["times"] + 1)


def _nothing(case: Case, arrays: Inputs) -> HostArray:
    return np.zeros(1)


def _products(case: Case, arrays: Inputs) -> HostArray:
    times, count = case.numbers["times"], len(arrays)
    (lefts,) = (n for n in range(1, count // 2 + 1) if n * (count - n) == times)
    return np.array([np.einsum("ij,jk->ik", a, b) for a in arrays[:lefts] for b in arrays[lefts:]])


def _middle(case: Case, arrays: Inputs) -> HostArray:
    return np.full(case.shapes[0], 0.5)


def _places(lines: HostArray) -> np.ndindex:
    return np.ndindex(lines.shape[:-1])


REFERENCES: dict[str, Callable[[Case, Inputs], HostArray]] = {
    "AddChain": _add_chain,
    "AddGraph": _nothing,
    "Argmax": _argmax,
    "BCE": _bce,
    "BertBase": model("BertBase"),
    "BertLarge": model("BertLarge"),
    "CompileAgain": _add_chain,
    "CompileFirst": _add_chain,
    "Concat": _concat,
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "Gather": _gather,
    "Import": _nothing,
    "Latency": _matmul,
    "LayerNorm": _layer_norm,
    "LeakyReLU": _leaky_relu,
    "Linear": _linear,
    "MatMul": _matmul,
    "PReLU": _prelu,
    "RandomUniform": _middle,
    "ReLU": _relu,
    "RobertaBase": model("RobertaBase"),
    "ScaledDotProductAttention": _attention,
    "Scatter": _scatter,
    "ScatterMax": _scatter_max,
    "ScatterSum": _scatter_sum,
    "SeLU": _selu,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Softplus": _softplus,
    "Sort": _sort,
    "Sum": _sum,
    "SumAll": _sum_all,
    "Throughput": _products,
    "XLMRobertaBase": model("XLMRobertaBase"),
}


def reference(operation: str, case: Case, arrays: Inputs) -> HostArray:
    """The reference's result in float64; whole numbers stay what they are."""
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
    return REFERENCES[operation](case, wide)


#: The result is made of the inputs' own numbers, or of one rounded product of them.
EXACT = (0.0, 0.0)
#: A few roundings of 6e-8 each: element by element, or of sums without cancellation.
ROUNDED = (1e-6, 0.0)
#: Two layers whose results are about 1, each the sum of a hundred products or so.
MODEL = (0.0, 3e-6)

#: (rtol, atol): a result passes when ``|error| <= atol + rtol * |reference|`` everywhere. About
#: twice the largest error of MLX 0.21.1 to 0.31.1, PyTorch 2.13 and NumPy 1.26 on x86-64 or,
#: where that is next to nothing, a few roundings. Sums of both signs need an absolute part: they
#: cancel, and their error grows with what was added up.
TOLERANCES: dict[str, tuple[float, float]] = {
    # 500 roundings, one after the other.
    "AddChain": (3e-5, 0.0),
    "AddGraph": EXACT,
    "Argmax": EXACT,
    "BCE": ROUNDED,
    "BertBase": MODEL,
    "BertLarge": MODEL,
    "CompileAgain": ROUNDED,
    "CompileFirst": ROUNDED,
    "Concat": EXACT,
    # Loose: 96 and 288 products of both signs, in an order of each backend's own, and results
    # up to 40 and 60.
    "Conv1d": (1e-6, 1.5e-5),
    "Conv2d": (1e-6, 8e-5),
    "Gather": EXACT,
    "Import": EXACT,
    "Latency": (1e-6, 2e-6),
    "LayerNorm": (1e-6, 1e-6),
    "LeakyReLU": ROUNDED,
    "Linear": (1e-6, 2e-6),
    # Loose: 500 products of both signs, results up to 80.
    "MatMul": (1e-6, 6e-5),
    "PReLU": EXACT,
    # From 0 to 1.
    "RandomUniform": (0.0, 0.5),
    "ReLU": EXACT,
    "RobertaBase": MODEL,
    "ScaledDotProductAttention": (1e-6, 1.5e-6),
    "Scatter": EXACT,
    "ScatterMax": EXACT,
    "ScatterSum": (1e-6, 3e-6),
    # Loose: MLX has its constants to six digits (1.67326, 1.0507), 4.5e-6 off their product.
    "SeLU": (6e-6, 2e-7),
    "Sigmoid": ROUNDED,
    "Softmax": ROUNDED,
    "Softplus": ROUNDED,
    "Sort": EXACT,
    "Sum": (1e-6, 1.5e-6),
    "SumAll": (1e-6, 2e-6),
    "Throughput": (1e-6, 2e-6),
    "XLMRobertaBase": MODEL,
}
