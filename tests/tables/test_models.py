import pytest
from mlx_asv.facts import CaseFacts
from mlx_asv.published.labels import ModelLabel
from mlx_asv.tables.build import Times
from mlx_asv.tables.models import LEVELS, ORDER, model_label, model_tables

from tests.facts import describe

ROWS = [
    Times.of(ModelLabel(name, length, batch), {"mlx_gpu": 1.0 * batch, "mlx_cpu": 2.0 * batch})
    for name in ("roberta-base", "other", "bert-base-uncased")
    for batch in (16, 1)
    for length in (100, 50)
]


def test_four_tables_in_the_papers_order():
    """Models, then lengths, then batches, by number."""
    detail, by_length, by_batch, overall = model_tables(ROWS, "m", "v1")
    assert [table.title for table in (detail, by_length, by_batch, overall)] == list(LEVELS)
    assert [row.label for row in detail.rows[:4]] == [
        "bert-base-uncased / inputs-char-no=50 / batch-size=1",
        "bert-base-uncased / inputs-char-no=50 / batch-size=16",
        "bert-base-uncased / inputs-char-no=100 / batch-size=1",
        "bert-base-uncased / inputs-char-no=100 / batch-size=16",
    ]
    assert [row.label for row in by_length.rows[:2]] == [
        "bert-base-uncased / inputs-char-no=50",
        "bert-base-uncased / inputs-char-no=100",
    ]
    assert [row.label for row in by_batch.rows[:2]] == [
        "bert-base-uncased / batch-size=1",
        "bert-base-uncased / batch-size=16",
    ]
    assert [row.label for row in overall.rows] == ["bert-base-uncased", "roberta-base", "other"]
    assert [cell.text for cell in overall.rows[0].cells] == ["8.50", "17.00", "+100.0%"]


def test_titles_have_hyphens():
    """As the paper writes its backends; keys are this suite's names."""
    detail = model_tables(ROWS, "m", "v1")[0]
    assert [column.title for column in detail.columns] == [
        "mlx-gpu",
        "mlx-cpu",
        "mlx-gpu/mlx-cpu speedup",
    ]
    assert detail.columns[0].key == "mlx_gpu"


@pytest.mark.parametrize(
    "names", [("characters", "batch"), ("chars", "batch"), ("inputs-char-no", "batch-size")]
)
def test_benchmarks_of_models_are_rows(names):
    """Two numbers: the input's length and the batch."""
    for name in ORDER:
        case = CaseFacts(numbers=dict(zip(names, (50, 16), strict=True)), title=name)
        assert model_label(case) == ModelLabel(name, 50, 16)


def test_case_that_is_none_of_a_model():
    """Is refused."""
    with pytest.raises(ValueError, match="has not two numbers"):
        model_label(describe("models.BertBase.time_forward", "50"))


def test_every_model_of_the_suite_is_a_row():
    """Under the name of the checkpoint whose shape it has, on every case."""
    models = pytest.importorskip("benchmarks.models")
    found = {name: cls for name, cls in vars(models).items() if hasattr(cls, "checkpoint")}
    assert {cls.checkpoint for cls in found.values()} == set(ORDER)
    for name, cls in found.items():
        labels = [model_label(describe(f"models.{name}.time_forward", c)) for c in cls.cases]
        assert {label.name for label in labels} == {cls.checkpoint}
        assert len(set(labels)) == len(labels) == 12
        assert {label.length for label in labels} == {50, 100, 200, 500}
