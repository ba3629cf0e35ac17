"""What a person calls a case, and its label."""

import polars as pl
from mlx_asv.analysis.cases import as_called, label_of
from mlx_asv.axes import Axes

HALF = Axes.of(case="3000", dtype="float16")
PLAIN = Axes.of(case="8x8")
CASES = pl.DataFrame(
    {
        "benchmark": ["ops.A", "ops.A", "ops.B"],
        "case": [HALF.label, PLAIN.label, "8x8"],
        "axes": [HALF.json, PLAIN.json, None],
    }
)


def test_cases_are_called_as_a_person_does() -> None:
    """All else stays, in its order; of what no axes are known the label does."""
    frame = CASES.select("benchmark", "case").with_row_index()
    found = as_called(frame, CASES)
    assert found["case"].to_list() == ["3000, float16", "8x8", "8x8"]
    assert found.drop("case").equals(frame.drop("case"))


def test_what_a_person_calls_a_case_leads_to_its_label() -> None:
    """And so does the label itself; what is no case stays as it is."""
    assert label_of("3000, float16", CASES) == label_of(HALF.label, CASES) == HALF.label
    assert label_of("9x9", CASES) == "9x9"
