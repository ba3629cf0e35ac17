from math import prod

import numpy as np

from benchmarks.cases import Case
from benchmarks.decoder import Config, weight_shapes
from benchmarks.decoder_reference import Text, turned
from benchmarks.decoding import DecoderLayer

SMALL = Config(2, 64, 4, 2, 128, bits=4, group=32)


def _text(tokens: int) -> Text:
    """A text of so many tokens, with the weights of the small layers."""
    operation = DecoderLayer.small()()
    arrays = operation.arrays(Case.parse(f"offset={tokens} times=1"), np.random.default_rng(0))
    _, keys, values, *weights = (array.astype(np.float64) for array in arrays)
    return Text(SMALL, dict(zip(weight_shapes(SMALL), weights, strict=True)), keys, values)


def test_shapes_of_the_weights() -> None:
    """Four layers have 45 million of them; heads of keys are fewer than those of queries."""
    shapes = weight_shapes(DecoderLayer.config)
    assert shapes["3.attention.query"] == (1024, 1024)
    assert shapes["0.attention.key"] == shapes["0.attention.value"] == (256, 1024)
    assert shapes["1.feed_forward.down"] == (1024, 2816)
    assert shapes["norm"] == (1024,)
    assert len(shapes) == 4 * 9 + 1
    assert 45e6 < sum(map(prod, shapes.values())) < 46e6


def test_a_token_depends_on_those_before_it() -> None:
    """And is kept for those after it."""
    token = np.random.default_rng(1).standard_normal(64)
    alone, second = _text(0), _text(5)
    assert not np.allclose(alone.step(token), second.step(token))
    assert [len(head) for layer in second.keys for head in layer] == [6] * 4
    assert not np.allclose(second.step(token), _text(5).step(token))


def test_the_first_token_sees_itself() -> None:
    """Attention to one token is its value, whatever the query is."""
    text = _text(0)
    x = np.random.default_rng(1).standard_normal(64)
    value = text.linear("0.attention.value", x).reshape(2, 16)
    seen = value[[0, 0, 1, 1]].ravel()
    np.testing.assert_allclose(text.attend(0, x), text.linear("0.attention.output", seen))


def test_places_turn_keys_against_queries() -> None:
    """Products depend on the distance alone."""
    q, k = np.random.default_rng(0).standard_normal((2, 16))
    near, far = (turned(q, n + 3) @ turned(k, n) for n in (0, 100))
    np.testing.assert_allclose(near, far)


def test_results_stay_about_one() -> None:
    """After several tokens of which each is made of the one before."""
    operation = DecoderLayer.small()()
    case = Case.parse("offset=5 times=20")
    wide = [a.astype(np.float64) for a in operation.arrays(case, np.random.default_rng(0))]
    result = operation.reference(case, wide)
    assert result.shape == operation.output_shape(case) == (1, 1, 64)
    assert 0.5 < result.std() < 2


def test_every_token_reads_the_weights() -> None:
    """Half a byte each, with scale and offset, and the cache."""
    one, four = (DecoderLayer().work(Case.parse(label)) for label in DecoderLayer.cases)
    assert four.bytes == 4 * one.bytes
    assert one.operations and one.operations // 2 == 4 * (2 * 1280 * 1024 + 3 * 2816 * 1024)
