from pathlib import Path

import pytest
from mlx_asv.published.labels import ModelLabel, OperationLabel, averages_over

SEED_ROWS = Path(__file__).parents[1] / "benchmarks" / "seed_rows.txt"


def test_every_label_of_the_seeds_comes_back():
    """What is read prints as it was; its case is this suite's."""
    for text in SEED_ROWS.read_text().splitlines():
        assert str(OperationLabel.parse(text)) == text
    label = OperationLabel.parse("Argmax / dim=64x1024x128 axi=0")
    assert label == OperationLabel("Argmax", "64x1024x128 axis=0")
    assert OperationLabel.parse("Argmax / dim=64x1024x128 axis=0") == label
    assert OperationLabel.parse("SumAll") == OperationLabel("SumAll", None)


@pytest.mark.parametrize(
    "text",
    ["", "12", "Argmax /", "Argmax / ", "Argmax / 64x128", "Argmax / dim=64x", "Sum / dim=2 axi=x"],
)
def test_what_is_no_label_of_an_operation(text):
    """Is refused, with the text."""
    with pytest.raises(ValueError, match=r"label|neither"):
        OperationLabel.parse(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("roberta-base", ModelLabel("roberta-base")),
        ("roberta-base / inputs-char-no=50", ModelLabel("roberta-base", 50)),
        ("roberta-base / batch-size=16", ModelLabel("roberta-base", None, 16)),
        ("roberta-base / inputs-char-no=50 / batch-size=16", ModelLabel("roberta-base", 50, 16)),
    ],
)
def test_labels_of_models_come_back(text, label):
    """Either part may be missing."""
    assert ModelLabel.parse(text) == label
    assert str(label) == text


@pytest.mark.parametrize(
    "text", ["a / b", "a / batch-size=1 / batch-size=2", "a / batch-size=", ""]
)
def test_what_is_no_label_of_a_model(text):
    """Is refused."""
    with pytest.raises(ValueError, match=r"no inputs|no label"):
        ModelLabel.parse(text)


def test_what_an_average_is_over():
    """The cases of its operation; the lengths and batches that it does not name."""
    case, mean = OperationLabel("Sum", "8"), OperationLabel("Sum")
    assert averages_over(mean, case)
    assert not averages_over(case, mean)
    assert not averages_over(mean, mean)
    assert not averages_over(OperationLabel("SumAll"), case)
    detail, by_length = ModelLabel("bert", 50, 16), ModelLabel("bert", 50)
    assert averages_over(by_length, detail)
    assert averages_over(ModelLabel("bert", None, 16), detail)
    assert averages_over(ModelLabel("bert"), detail)
    assert not averages_over(ModelLabel("bert", 100), detail)
    assert not averages_over(ModelLabel("bert"), by_length)
