import numpy as np

from benchmarks.attention import AttentionDecode, AttentionPrefill, grouped_attention
from benchmarks.cases import Case


def test_heads_share_keys_in_order() -> None:
    """The first heads of queries see the first head of keys, as if it were repeated for each."""
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal(shape) for shape in ((1, 6, 3, 8), (1, 2, 5, 8), (1, 2, 5, 8)))
    repeated = grouped_attention(q, k.repeat(3, axis=1), v.repeat(3, axis=1))
    np.testing.assert_allclose(grouped_attention(q, k, v), repeated, rtol=1e-12)


def test_a_token_sees_none_after_it() -> None:
    """The first sees itself alone; the last sees all."""
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((1, 1, 4, 8)) for _ in range(3))
    seen = grouped_attention(q, k, v, causal=True)
    np.testing.assert_allclose(seen[0, 0, 0], v[0, 0, 0])
    np.testing.assert_allclose(seen[0, 0, -1], grouped_attention(q, k, v)[0, 0, -1])


def test_work_of_attention() -> None:
    """Two products of every query with what it sees."""
    decode = AttentionDecode().work(Case.parse("1x4x1x16 1x2x9x16 1x2x9x16"))
    assert decode.operations == 2 * 2 * 4 * 9 * 16
    assert decode.bytes == 4 * 16 * (4 + 2 * 9 + 2 * 9 + 4)
    prefill = AttentionPrefill().work(Case.parse("1x4x5x16 1x2x5x16 1x2x5x16"))
    assert prefill.operations == 2 * 2 * 4 * (1 + 2 + 3 + 4 + 5) * 16
