import pytest
from mlx_asv.axes import USUAL_METHOD
from mlx_asv.tables.build import Times
from mlx_asv.tables.operations import ORDER, operation_label, operation_table
from mlx_asv.tables.rows import is_row

from tests.benchmarks import published


def operations():
    """The suite's operations by name; neither models nor what is apart."""
    return {
        name.split(".")[1]: cls
        for name, cls in published.operations().items()
        if is_row(f"{name}.{USUAL_METHOD}", models=False)
    }


def test_every_operation_of_the_suite_has_a_place():
    """mlx-benchmark's order, which is not quite that of the alphabet."""
    assert set(operations()) == set(ORDER)


def test_rows_are_in_mlx_benchmarks_order():
    """Cases of an operation stay as they are; unknown operations come last."""
    rows = [
        Times.of(operation_label(name, case), {"cpu": 1.0})
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
    for name, cls in operations().items():
        for case in cls.cases:
            operation_label(name, case)
    with pytest.raises(ValueError, match="neither"):
        operation_label("Eval", "10 adds")
