import pytest

from benchmarks.encoder import Config, layers, weight_shapes
from benchmarks.models import Model

from .suite import operations

MODELS = {name: cls for name, cls in operations().items() if issubclass(cls, Model)}

#: What the published models have, without their pooler: embeddings, norms and layers counted up.
PARAMETERS = {
    "BertBase": 108_891_648,
    "BertLarge": 334_092_288,
    "RobertaBase": 124_055_040,
    "XLMRobertaBase": 277_453_056,
}

CONFIG = Config("Bert", 30522, 768, 12, 12, 3072, 512, 2, 1e-12, 0)


@pytest.mark.parametrize("name", MODELS)
def test_as_many_parameters_as_the_published_model(name: str) -> None:
    """Weights and biases of all layers add up to the model's size."""
    total = 0
    for shape in weight_shapes(MODELS[name]().config).values():  # type: ignore[attr-defined]
        size = 1
        for side in shape:
            size *= side
        total += size
    assert total == PARAMETERS[name]


def test_weights_are_called_as_in_transformers() -> None:
    """A linear layer has (outputs, inputs) and a bias, an embedding has none."""
    shapes = weight_shapes(CONFIG)
    assert shapes["embeddings.word_embeddings.weight"] == (30522, 768)
    assert "embeddings.word_embeddings.bias" not in shapes
    assert shapes["encoder.layer.11.intermediate.dense.weight"] == (3072, 768)
    assert shapes["encoder.layer.11.intermediate.dense.bias"] == (3072,)
    assert shapes["encoder.layer.0.attention.output.LayerNorm.bias"] == (768,)
    assert "encoder.layer.12.output.dense.weight" not in shapes


def test_layers_name_classes_of_mlx() -> None:
    """An encoder is made of three kinds of layers, eight in each of its own."""
    found = layers(CONFIG)
    assert {kind for kind, _ in found.values()} == {"Embedding", "Linear", "LayerNorm"}
    assert len(found) == 4 + 12 * 8


def test_who_counts_tokens() -> None:
    """RoBERTa and XLM-RoBERTa leave padding out when they count positions, BERT does not."""
    counts = {name: cls().config.counts_tokens for name, cls in MODELS.items()}  # type: ignore[attr-defined]
    expected = {"BertBase": False, "BertLarge": False, "RobertaBase": True, "XLMRobertaBase": True}
    assert counts == expected
