import pytest
from mlx_asv.published.labels import ModelLabel, OperationLabel
from mlx_asv.tables.rows import MODELS, OPERATIONS, row_label

from tests.facts import describe


@pytest.mark.parametrize(
    ("benchmark", "case", "label"),
    [
        ("reductions.Sum.time_forward", "8x8 axis=0", OperationLabel("Sum", "8x8 axis=0")),
        (
            "models.BertBase.time_forward",
            "characters=50 batch=16",
            ModelLabel("bert-base-uncased", 50, 16),
        ),
        ("models.BertBase.time_forward", "50", None),
        ("reductions.Sum.time_forward", "10 adds", None),
        ("dispatch.Latency.time_forward", "8x8 8x8", None),
        ("memory.PeakMemory.track_peak", "Sum 8x8", None),
        ("cases.time_forward", "8x8", None),
        ("time_forward", "8x8", None),
    ],
)
def test_row_of_a_benchmark(benchmark, case, label):
    """Operations and models have one, nothing else has."""
    facts = describe(benchmark, case)
    assert row_label(facts) == label
    if label is not None:
        models = isinstance(label, ModelLabel)
        assert facts.table == (MODELS if models else OPERATIONS)
