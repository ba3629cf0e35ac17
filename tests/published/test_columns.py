import pytest
from mlx_asv.published.columns import BACKENDS, Column, decimals

from benchmarks.backends import BACKENDS as MEASURED


def test_backends_are_those_that_are_measured():
    """Under the same names, in the same order."""
    assert tuple(MEASURED) == BACKENDS


def test_titles_are_read_with_hyphens_too():
    """The paper writes mlx-gpu for mlx_gpu."""
    assert Column.parse("mlx_gpu_compile") == Column("mlx_gpu_compile")
    assert Column.parse("mlx-gpu/mlx-cpu speedup") == Column("mlx_gpu", "mlx_cpu")


@pytest.mark.parametrize("title", ["tpu", "mlx_gpu/mps", "mlx_gpu speedup", "a/b speedup", ""])
def test_what_is_no_column(title):
    """Is refused, with the backends that there are."""
    with pytest.raises(ValueError, match="no column: there are mlx_gpu, "):
        Column.parse(title)


def test_numbers_are_times_or_percentages():
    """And nan is none."""
    assert Column("cpu").number("1.77") == 1.77
    assert Column("cpu").number("nan") is None
    assert Column("cuda", "cpu").number("+1366%") == 1366
    assert Column("cuda", "cpu").number("-22%") == -22
    assert Column("cuda", "cpu").number("nan%") is None


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (Column("cpu"), "+33%"),
        (Column("cpu"), "-1.0"),
        (Column("cpu"), "1,77"),
        (Column("cpu"), ""),
        (Column("cuda", "cpu"), "33"),
        (Column("cuda", "cpu"), "nan"),
    ],
)
def test_what_is_no_number_of_a_column(column, text):
    """Is refused, with what it should be."""
    with pytest.raises(ValueError, match=r"is no (time|speedup) such as"):
        column.number(text)


def test_decimals_of_a_printed_number():
    """Digits after the point, with or without a percent sign."""
    assert [decimals(text) for text in ("1.77", "+33%", "+187.8%")] == [2, 0, 1]
