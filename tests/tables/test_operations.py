import pytest
from mlx_asv.facts import CaseFacts
from mlx_asv.published.labels import OperationLabel
from mlx_asv.tables.build import Times
from mlx_asv.tables.operations import ORDER, operation_label, operation_table
from mlx_asv.tables.rows import OPERATIONS

from tests.benchmarks import published
from tests.facts import describe


def operations():
    """The suite's operations by name; neither models nor what is apart."""
    return {
        name.split(".")[1]: cls
        for name, cls in published.operations().items()
        if cls.table == OPERATIONS
    }


def test_every_operation_of_the_suite_has_a_place():
    """mlx-benchmark's order, which is not quite that of the alphabet."""
    assert set(operations()) == set(ORDER)


def test_rows_are_in_mlx_benchmarks_order():
    """Cases of an operation stay as they are; unknown operations come last."""
    rows = [
        Times.of(OperationLabel(name, case), {"cpu": 1.0})
        for name, case in [
            ("Zeta", "8"),
            ("ScatterMax", "8"),
            ("GELU", "8"),
            ("ScatterSum", "9"),
            ("ScatterSum", "8"),
            ("Argmax", "8x8 axis=0"),
        ]
    ]
    table = operation_table(rows, "m", "v1")
    assert [row.label for row in table.rows] == [
        "Argmax / dim=8x8 axi=0",
        "ScatterSum / dim=9",
        "ScatterSum / dim=8",
        "ScatterMax / dim=8",
        "GELU / dim=8",
        "Zeta / dim=8",
    ]
    averaged = operation_table(rows, "m", "v1", average=True)
    assert [row.label for row in averaged.rows] == [
        "Argmax",
        "ScatterSum",
        "ScatterMax",
        "GELU",
        "Zeta",
    ]


def test_every_case_of_the_suite_has_a_label():
    """And what is no case of shapes has none."""
    for name, cls in published.operations().items():
        for case in cls.cases if cls.table == OPERATIONS else ():
            label = operation_label(describe(f"{name}.time_forward", case))
            assert label == OperationLabel(name.split(".")[1], case)
            assert OperationLabel.parse(str(label)) == label
    with pytest.raises(ValueError, match="neither"):
        operation_label(CaseFacts(numbers={"adds": 10}, title="Eval"))
