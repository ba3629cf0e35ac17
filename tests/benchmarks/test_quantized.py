import numpy as np
import pytest

from benchmarks.cases import Case
from benchmarks.inputs import quantizable, rounded
from benchmarks.moe import GatherQMM
from benchmarks.quantized import QuantizedMatMul, quantized_bytes

SCHEMES = [(bits, group) for bits in (2, 4, 8) for group in (32, 64, 128)]


@pytest.mark.parametrize(("bits", "group"), SCHEMES)
def test_quantizing_changes_no_weight(bits: int, group: int) -> None:
    """Affine quantization by its definition, from the least or from the greatest of a group."""
    weights = quantizable(np.random.default_rng(0), (16, 512), bits, group)
    groups = weights.reshape(-1, group).astype(np.float64)
    least, greatest = (edge(axis=1, keepdims=True) for edge in (groups.min, groups.max))
    scale = (greatest - least) / (2**bits - 1)
    for start, step in ((least, scale), (greatest, -scale)):
        numbers = np.round((groups - start) / step)
        assert numbers.min() >= 0
        assert numbers.max() < 2**bits
        np.testing.assert_array_equal(numbers * step + start, groups)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_element_types_hold_the_weights(dtype: str) -> None:
    """And scale and offset of each group."""
    weights = quantizable(np.random.default_rng(0), (64, 2048), 4, 64)
    np.testing.assert_array_equal(rounded(weights, dtype), weights)


@pytest.mark.parametrize("length", [64, 1024, 2816])
def test_weights_keep_the_size_of_what_they_multiply(length: int) -> None:
    """A product with normal numbers is about 1; groups have more than one scale."""
    weights = quantizable(np.random.default_rng(0), (256, length), 4, 32)
    assert 0.5 < weights.std() * np.sqrt(length) < 2
    assert len(np.unique(weights.reshape(-1, 32).max(axis=1))) == 2


def test_large_weights_repeat() -> None:
    """Beyond what is drawn; each group is whole."""
    weights = quantizable(np.random.default_rng(0), (5, 1024, 1024), 4, 64)
    assert weights.shape == (5, 1024, 1024)
    np.testing.assert_array_equal(weights[0], weights[4])


def test_bytes_of_quantized_weights() -> None:
    """Half a byte for each of 4 bits, and two numbers of the element type for a group."""
    case = Case.parse("1x2048 2048x2048 bits=4 group=64", "bfloat16")
    assert quantized_bytes(case, case.shapes[1]) == 2048 * 2048 * (0.5 + 2 * 2 / 64)
    work = QuantizedMatMul().work(case)
    assert work.bytes == 2048 * 2048 * (0.5 + 2 * 2 / 64) + 2 * 2 * 2048
    assert work.operations == 2 * 2048 * 2048


def test_a_case_is_not_tried_after_one_of_less_work() -> None:
    """Cases are in the order of their work: a CPU whose products in 16 bits are slow skips the
    rest."""
    done = [QuantizedMatMul().work(Case.parse(label)).operations for label in QuantizedMatMul.cases]
    assert done == sorted(done)


def test_a_token_asks_different_experts() -> None:
    """As many as the case says, and not all tokens the same."""
    case = Case.parse("9x64 8x64x64 bits=4 group=32 top=3")
    _, asked, _ = GatherQMM().arrays(case, np.random.default_rng(0))
    assert asked.shape == (9, 3)
    assert all(len(set(each)) == 3 for each in asked.tolist())
    assert len({tuple(each) for each in asked.tolist()}) > 1


def test_weights_that_nobody_asks_are_not_read() -> None:
    """One token reads four of 32 experts."""
    case = Case.parse("1x1024 32x1024x1024 bits=4 group=64 top=4")
    assert GatherQMM().work(case).operations == 4 * 2 * 1024 * 1024
    weights = 4 * 1024 * 1024 * (0.5 + 2 * 4 / 64)
    assert GatherQMM().work(case).bytes == weights + 4 * 1024 * 5
