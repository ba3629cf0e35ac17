import pytest
from mlx_asv.published.model import DamagedRow, Document, PrintedRow, PrintedTable, figures


def table(*rows, titles=("mlx_gpu", "mps", "mlx_gpu/mps speedup"), first="Operation", **changes):
    """A table on a Mac; a row is its label and cells."""
    printed = tuple(PrintedRow(n, label, tuple(cells)) for n, (label, *cells) in enumerate(rows, 2))
    return PrintedTable(
        1, "Mac", changes.pop("release", None), None, first, titles, printed, **changes
    )


def document(*tables, **changes):
    """With these tables."""
    return Document("doc", "A document", "doc.md", "0", tables, **changes)


def test_every_time_is_a_figure_once():
    """With what it is about; speedups are none."""
    found = list(
        figures([document(table(("ReLU / dim=8", "1.00", "2.00", "+100%"), release="v0.5.0"))])
    )
    assert [(f.backend, f.milliseconds, f.wrong) for f in found] == [
        ("mlx_gpu", 1.0, None),
        ("mps", 2.0, None),
    ]
    assert {(f.document, f.line, f.machine, f.release, f.name, f.case) for f in found} == {
        ("doc", 2, "Mac", "v0.5.0", "ReLU", "8")
    }


def test_figure_without_a_stated_version_has_no_release():
    """So it has no place on the release axis."""
    assert {f.release for f in figures([document(table(("ReLU", "1.00", "2.00", "+100%")))])} == {
        None
    }


def test_nan_is_no_number_and_marked():
    """An error became nan."""
    (gpu, mps) = figures([document(table(("ReLU", "1.00", "nan", "nan%")))])
    assert (gpu.wrong, mps.milliseconds, mps.wrong) == (None, None, "an error became nan")


def test_other_units_are_converted():
    """Seconds for many calls are milliseconds for one."""
    odd = table(("MatMul", "1.15"), titles=("mlx_gpu",), unit="s", calls=10000)
    (figure,) = figures([document(odd)])
    assert figure.milliseconds == pytest.approx(0.115)


def test_line_known_to_be_wrong_is_marked():
    """All of its numbers, with the reason given."""
    wrong = document(table(("ReLU", "1.00", "2.00", "+100%")), wrong={2: "it was swapping"})
    assert {f.wrong for f in figures([wrong])} == {"it was swapping"}


def test_models_are_marked_as_such():
    """Their case is the rest of the label."""
    models = table(
        ("bert / inputs-char-no=50 / batch-size=1", "2.00"), titles=("cpu",), first="Model"
    )
    (figure,) = figures([document(models)])
    assert (figure.is_model, figure.name) == (True, "bert")
    assert figure.case == "inputs-char-no=50 / batch-size=1"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("ReLU", "1.00", "2.00"), "has 2 numbers, its table 3 columns"),
        (("ReLU", "x", "2.00", "+100%"), "'x' is no time"),
        (("ReLU / 8", "1.00", "2.00", "+100%"), "neither dim"),
    ],
)
def test_table_with_a_damaged_row_cannot_be(row, reason):
    """Wherever it comes from."""
    with pytest.raises(DamagedRow, match=f"line 2: .*{reason}"):
        table(row)
