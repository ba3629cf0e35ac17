from dataclasses import replace

import numpy as np
import pytest

from benchmarks.backends import BACKENDS
from benchmarks.cases import Case, nbytes
from benchmarks.encoder import weight_shapes
from benchmarks.encoder_reference import Text
from benchmarks.inputs import DRAWN
from benchmarks.models import BertBase, BertLarge, Model, RobertaBase, XLMRobertaBase, weights
from benchmarks.resources import physical_memory

from .conftest import Alone

MODELS = (BertBase, BertLarge, RobertaBase, XLMRobertaBase)

#: vocabulary/hidden/layers/heads/feed-forward/positions/types/eps/pad, as they were published.
SHAPES = {
    BertBase: (30522, 768, 12, 12, 3072, 512, 2, 1e-12, 0),
    BertLarge: (30522, 1024, 24, 16, 4096, 512, 2, 1e-12, 0),
    RobertaBase: (50265, 768, 12, 12, 3072, 514, 1, 1e-5, 1),
    XLMRobertaBase: (250002, 768, 12, 12, 3072, 514, 1, 1e-5, 1),
}


@pytest.mark.parametrize("model", MODELS)
def test_shape(model: type[Model]) -> None:
    """Every number of the published model's configuration."""
    c = model().config
    sizes = (c.vocabulary, c.hidden, c.layers, c.heads, c.feed_forward, c.positions, c.types)
    assert (*sizes, c.eps, c.pad) == SHAPES[model]


@pytest.mark.parametrize("model", MODELS)
def test_twelve_cases(model: type[Model]) -> None:
    """Four lengths in three batches, on every backend but NumPy."""
    labels = [f"characters={c} batch={b}" for c in (50, 100, 200, 500) for b in (1, 16, 32)]
    assert model.params[0] == labels
    assert "numpy" not in model.params[1]
    assert len(model.params[1]) == sum(each.framework != "numpy" for each in BACKENDS.values()) >= 7


def test_tokens() -> None:
    """A text has as many tokens as its model's tokenizer makes of so many characters."""
    shapes = [BertLarge().output_shape(Case.parse(label)) for label in BertLarge.cases[::3]]
    assert shapes == [(1, tokens, 1024) for tokens in (11, 21, 38, 100)]
    case = Case.parse("characters=500 batch=16")
    assert XLMRobertaBase().output_shape(case) == (16, 113, 768)


def test_the_smaller_case_is_the_smaller_batch() -> None:
    """A longer text is not given up because a larger batch of a shorter one takes too long."""
    model = BertBase()
    assert model.smaller("characters=500 batch=32") == "characters=500 batch=16"
    assert model.smaller("characters=500 batch=16") == "characters=500 batch=1"
    assert model.smaller("characters=500 batch=1") is None


def test_weights_are_scaled() -> None:
    """What is multiplied by a weight neither grows nor vanishes; a normalised value is kept."""
    config = RobertaBase().config
    values = dict(
        zip(weight_shapes(config), weights(config, np.random.default_rng(0)), strict=True)
    )
    assert {name: value.shape for name, value in values.items()} == weight_shapes(config)
    assert {value.dtype for value in values.values()} == {np.dtype(np.float32)}
    query = values["encoder.layer.0.attention.self.query.weight"]
    assert query.std() == pytest.approx(768**-0.5, rel=0.01)
    assert values["encoder.layer.3.output.LayerNorm.weight"].mean() == pytest.approx(1, abs=0.01)


def test_weights_differ() -> None:
    """No layer repeats another's, although all are cut from the same values."""
    values = weights(BertBase().config, np.random.default_rng(0))
    assert len({value.ravel()[:8].tobytes() for value in values}) == len(values)
    assert max(value.size for value in values) > DRAWN  # repeats them, as inputs do


def test_pytorch_gets_memory_of_its_own() -> None:
    """It would share NumPy's, of which most weights are parts of the same 16 MB."""
    arrays = weights(BertBase.small()().config, np.random.default_rng(0))  # type: ignore[attr-defined]
    first, second = arrays[0], arrays[1]
    assert first.base is not None
    assert all(array.base is None for array in BertBase().arrange("torch", [first, second]))
    assert BertBase().arrange("mlx", [first, second])[0] is first


def _needs(limit: int) -> None:
    from benchmarks import resources

    resources.physical_memory = lambda: limit  # type: ignore[assignment]
    BertLarge().prepare(Case.parse("characters=50 batch=1"), "mlx_cpu")


def test_weights_count_as_memory(alone: Alone) -> None:
    """A model is skipped where its weights, twice, are more than half of the memory."""
    size = nbytes(*weight_shapes(BertLarge().config).values())
    assert 1.3e9 < size < 1.4e9
    assert 2 * size < physical_memory()
    with pytest.raises(NotImplementedError, match=r"needs 2\.7 GB, half of .* is 2\.0 GB"):
        alone(_needs, 4_000_000_000)


def _encode(model: type[Model], **changes: object) -> np.ndarray:
    """The reference's result for the small model, of which something may be changed."""
    operation = model.small()()
    shape = replace(operation.config, **changes)  # type: ignore[attr-defined, type-var]
    arrays = operation.arrays(Case.parse("characters=100 batch=3"), np.random.default_rng(0))
    ids, mask, *values = arrays
    named = dict(zip(weight_shapes(shape), values, strict=True))
    return np.stack([Text(shape, named, *text).encode() for text in zip(ids, mask, strict=True)])


@pytest.mark.parametrize("model", [BertBase, RobertaBase])
def test_agreement_would_notice_a_mistake(
    model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another way to count positions, another number of heads or eps, and attending to padding
    change the small model's result by more than a hundred times the tolerance."""
    right = _encode(model)
    _, atol = model.tolerance
    other = "Bert" if model is RobertaBase else "Roberta"
    for change in ({"family": other}, {"heads": 2}, {"eps": 1e-2}):
        assert abs(_encode(model, **change) - right).max() > 100 * atol, change
    monkeypatch.setattr(np, "flatnonzero", lambda mask: np.arange(len(mask)))
    assert abs(_encode(model) - right).max() > 100 * atol
