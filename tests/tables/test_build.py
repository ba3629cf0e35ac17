from math import nan

import pytest
from mlx_asv.published.labels import OperationLabel
from mlx_asv.tables.build import Times, averages, interval_cell, present
from mlx_asv.tables.changes import Change
from mlx_asv.tables.model import Kind
from mlx_asv.tables.operations import operation_table


def times(name, case, **milliseconds):
    """A row."""
    return Times(f"{name} / {case}", name, case, milliseconds)


def group(row):
    """By operation."""
    return OperationLabel(row.name)


def test_backends_are_in_the_order_of_the_columns():
    """Those with a number; unknown ones come last."""
    rows = [times("Sum", "8", tpu=1.0, numpy=1.0, mlx_cpu=1.0, cpu=nan)]
    assert present(rows) == ["mlx_cpu", "numpy", "tpu"]


def test_average_is_the_mean_of_the_cases():
    """In the order of the first cases, with how many there are."""
    found = averages(
        [
            times("Sum", "8", cpu=1.0),
            times("Sort", "8", cpu=4.0),
            times("Sum", "9", cpu=2.0),
        ],
        group,
    )
    assert [(row.label, row.milliseconds, len(row.parts), row.out_of) for row in found] == [
        ("Sum", {"cpu": 1.5}, 2, 2),
        ("Sort", {"cpu": 4.0}, 1, 1),
    ]


def test_average_is_over_the_cases_that_all_backends_have():
    """Else a backend that was too slow for the large ones would look fast."""
    (row,) = averages([times("Sum", "8", cpu=1.0, mlx_cpu=2.0), times("Sum", "9", cpu=9.0)], group)
    assert row.milliseconds == {"mlx_cpu": 2.0, "cpu": 1.0}
    assert (len(row.parts), row.out_of) == (1, 2)


def test_average_of_nothing_common_is_nan():
    """No case has both."""
    table = operation_table(
        [times("Sum", "8", cpu=1.0), times("Sum", "9", mlx_cpu=1.0)],
        "m",
        "v1",
        average=True,
        backends=["mlx_cpu", "cpu"],
    )
    assert [cell.text for cell in table.rows[0].cells] == ["nan", "nan", "nan%"]
    assert [cell.value for cell in table.rows[0].cells] == [None, None, None]
    assert table.notes == ("averaged over the cases that all backends have: Sum 0 of 2",)


def test_cells_have_value_and_text():
    """Milliseconds and percent, unrounded beside printed."""
    table = operation_table([times("Sum", "8", mlx_cpu=1.234, cpu=2.0)], "m", "v1")
    cells = table.rows[0].cells
    assert [(column.key, column.kind) for column in table.columns] == [
        ("mlx_cpu", Kind.TIME),
        ("cpu", Kind.TIME),
        ("mlx_cpu/cpu", Kind.SPEEDUP),
    ]
    assert [cell.text for cell in cells] == ["1.23", "2.00", "+62%"]
    assert cells[0].value == 1.234
    assert cells[2].value == pytest.approx(62.0745, rel=1e-5)
    assert cells[2].significant is None


def honest(changes, average=False):
    """The speedup's and the interval's cell of a sum that two cases have."""
    rows = [times("Sum", "8", mlx_cpu=1.0, cpu=2.0), times("Sum", "9", mlx_cpu=1.0, cpu=2.0)]
    table = operation_table(rows, "m", "v1", changes=changes, average=average)
    assert [column.kind for column in table.columns][2:] == [Kind.SPEEDUP, Kind.INTERVAL]
    return table.rows[0].cells[2:]


def test_honest_columns_have_interval_and_mark():
    """Of the case; a speedup that may be zero is marked."""
    speedup, interval = honest({("Sum", "8", "mlx_cpu", "cpu"): Change(0.69, 0.01, 9)})
    assert interval.text == "+95 … +104 %"
    assert speedup.text == "+100%"
    assert (speedup.low, speedup.high, speedup.significant) == (
        interval.low,
        interval.high,
        True,
    )
    _, interval = honest({("Sum", "8", "mlx_cpu", "cpu"): Change(0.01, 0.02, 9)})
    assert interval.text == "-3.5 … +5.7 % n.s."
    assert interval.significant is False


def test_interval_that_nobody_knows():
    """Is said to be unknown, of averages too if a case's is."""
    assert [cell.text for cell in honest({})] == ["+100%", "unknown"]
    one = {("Sum", "8", "mlx_cpu", "cpu"): Change(0.69, 0.01, 9)}
    assert honest(one, average=True)[1].text == "unknown"
    both = {**one, ("Sum", "9", "mlx_cpu", "cpu"): Change(0.69, 0.01, 9)}
    assert honest(both, average=True)[1].text == "+96 … +102 %"
    assert interval_cell(Change(0.69, float("inf"), 0)).text == "unknown"
