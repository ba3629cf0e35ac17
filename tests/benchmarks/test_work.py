from math import prod

import pytest

from benchmarks.cases import Case, nbytes
from benchmarks.facts import case as facts
from benchmarks.operation import Operation
from tests.benchmarks.suite import operations


def work(benchmark, label):
    """What the suite says of a case; None where it says nothing."""
    family, operation, method = ("", "", *benchmark.split("."))[-3:]
    found = facts(family, operation, method, {"case": label})
    return found and found.work


@pytest.mark.parametrize(
    ("benchmark", "label", "bytes_", "flops"),
    [
        ("linear.MatMul.time_forward", "5x6x7 7x3", 4 * (210 + 21 + 90), 2 * 90 * 7),
        ("linear.Linear.time_forward", "5x4x6 6x3 3", 4 * (120 + 18 + 3 + 60), 2 * 60 * 6),
        ("convolutions.Conv1d.time_forward", "3x10x3 4x3x3", 4 * (90 + 36 + 96), 2 * 96 * 9),
        ("reductions.Sum.time_forward", "4x5x6 axis=1", 4 * (120 + 24), None),
        ("reductions.SumAll.time_forward", "4x5", 4 * 20, None),
        ("normalization.Softmax.time_forward", "4x5 axis=-1", 4 * 40, None),
        ("joining.Concat.time_forward", "5x3 5x2 axis=1", 4 * 50, None),
    ],
)
def test_bytes_and_operations_follow_from_shapes(benchmark, label, bytes_, flops):
    """Inputs and result once; two operations for each term of a dot product."""
    found = work(benchmark, label)
    assert (found.bytes, found.operations) == (bytes_, flops)


def test_of_gradients():
    """The result's gradient is an input, gradients are the result; each takes as many products."""
    values = {"case": "1x8x9x5 2x3x2x5 stride=1 padding=0", "dtype": "float32", "mode": "gradient"}
    found = facts("convolutions", "PaddedConv2d", "time_call", values).work
    x, weight, result = 8 * 9 * 5, 2 * 3 * 2 * 5, 6 * 8 * 2
    assert found.bytes == 4 * (2 * x + 2 * weight + result)
    assert found.operations == 2 * (2 * result * 3 * 2 * 5)


def test_bytes_agree_with_the_operation_that_is_timed():
    """For every case of the suite that has a definition: its inputs and its `output_shape`. What
    makes its own inputs may have more; what loads some has other bytes than their shapes say."""
    for name, operation in operations().items():
        if operation.work is Operation.work or operation.load is not Operation.load:
            continue
        for label in operation.cases:
            case = Case.parse(label)
            shapes = (*case.shapes, operation().output_shape(case))
            of_scalar = 4 if shapes[-1] == () else 0
            found = operation().work(case)
            least = nbytes(*shapes) - of_scalar
            more = operation.arrays is not Operation.arrays and found.bytes > least
            assert found.bytes == least or more, (name, label)
            assert found.operations is None or found.operations > prod(shapes[-1])


@pytest.mark.parametrize(
    ("benchmark", "label"),
    [("indexing.Gather.time_forward", "8x4 3"), ("time_it", "8x4"), ("a.MatMul.b", "<script>")],
)
def test_undefined_work_is_none(benchmark, label):
    """No operation, no definition, or somebody else's label."""
    assert work(benchmark, label) is None
