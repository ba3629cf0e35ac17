import numpy as np

from benchmarks.cases import Case
from benchmarks.layers import LoRA, RoPE


def test_the_first_place_is_not_turned() -> None:
    """A place turns by one radian the first number of both halves, the last ones hardly."""
    case = Case.parse("1x1x2x8 offset=0")
    x = np.ones((1, 1, 2, 8))
    turned = RoPE().reference(case, [x])
    np.testing.assert_array_equal(turned[0, 0, 0], x[0, 0, 0])
    np.testing.assert_allclose(turned[0, 0, 1, 0], np.cos(1) - np.sin(1))
    np.testing.assert_allclose(turned[0, 0, 1, 4], np.cos(1) + np.sin(1))
    np.testing.assert_allclose(turned[0, 0, 1, 3], 1, atol=2e-3)


def test_products_depend_on_the_distance_alone() -> None:
    """Of two tokens, however far from the first."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 1, 4, 16))
    near, far = (RoPE().reference(Case.parse(f"1x1x4x16 offset={n}"), [x])[0, 0] for n in (0, 100))
    np.testing.assert_allclose(near[0] @ near[3], far[0] @ far[3], rtol=1e-9)


def test_the_branch_is_not_rounded_to_16_bits() -> None:
    """Its two weights are float32, and results about 1 to a few."""
    operation, case = LoRA(), Case.parse("32x1024 1024x1024 rank=8", "bfloat16")
    arrays = operation.inputs(case, np.random.default_rng(0))
    assert [a.shape for a in arrays] == [(32, 1024), (1024, 1024), (1024, 8), (8, 1024)]
    assert [operation.input_dtype(case, n) for n in range(4)] == ["bfloat16"] * 2 + ["float32"] * 2
    assert [bool(np.any(a.view(np.uint32) & 0xFFFF)) for a in arrays] == [False] * 2 + [True] * 2
    wide = [array.astype(np.float64) for array in arrays]
    assert 0.5 < operation.reference(case, wide).std() < 4
