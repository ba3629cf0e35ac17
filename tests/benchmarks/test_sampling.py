import numpy as np
import pytest

from benchmarks.cases import Case
from benchmarks.sampling import KEPT, LOWEST, TopK, TopP


def test_most_probable_tokens_are_kept() -> None:
    """As few as have 0.9 of the probability together."""
    logits = np.log([[0.05, 0.5, 0.02, 0.3, 0.13]])
    kept = TopP().reference(Case.parse("1x5"), [logits]) > LOWEST
    np.testing.assert_array_equal(kept, [[False, True, False, True, True]])


def test_one_token_is_always_kept() -> None:
    """However probable it is."""
    logits = np.array([[0.0, 100.0, 3.0]])
    expected = [[LOWEST, 100.0, LOWEST]]
    np.testing.assert_array_equal(TopP().reference(Case.parse("1x3"), [logits]), expected)


@pytest.mark.parametrize("seed", range(5))
def test_numpy_keeps_what_the_reference_keeps(seed: int) -> None:
    """Also of logits that differ much, of which a few tokens have nearly all probability."""
    logits = (5 * np.random.default_rng(seed).standard_normal((4, 60))).astype(np.float32)
    case = Case.parse("4x60")
    expected = TopP().reference(case, [logits.astype(np.float64)])
    np.testing.assert_array_equal(TopP().numpy(case, np)(logits), expected)  # type: ignore[arg-type]
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    kept = expected > LOWEST
    assert np.all((shares * kept).sum(axis=-1) >= KEPT - 1e-5)
    assert 1 <= kept.sum(axis=-1).min() <= kept.sum(axis=-1).max() < 60


def test_as_many_logits_are_kept_as_asked_for() -> None:
    """The largest, as they are."""
    logits = np.random.default_rng(0).permutation(50.0 * np.arange(50)).reshape(1, 50)
    found = TopK().reference(Case.parse("1x50 top=4"), [logits])
    np.testing.assert_array_equal(np.sort(found[found > LOWEST]), [2300, 2350, 2400, 2450])
    np.testing.assert_array_equal(found[found > LOWEST], logits[found > LOWEST])
