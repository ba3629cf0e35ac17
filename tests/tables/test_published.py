import pytest
from mlx_asv.published.store import read_published
from mlx_asv.published.text import Stated, tables
from mlx_asv.tables.model import Kind, TableError
from mlx_asv.tables.printed import NOTE, Published, as_printed
from mlx_asv.tables.published import machines, operation_tables, tables_of_models
from mlx_asv.tables.render import markdown

from tests.checkout import published_results
from tests.published.test_model import document, table

DETAIL = table(
    ("Sum / dim=8 axi=0", "0.03", "0.03", "-25%"),
    ("Sum / dim=8 axi=1", "1.00", "3.00", "+200%"),
    ("ReLU / dim=8", "1.00", "nan", "nan%"),
)
MEAN = table(("Sum", "0.52", "1.52", "+194%"), release="v0.5.0")
MODELS = table(
    *(
        (f"bert-base-uncased / inputs-char-no=50 / batch-size={batch}", text)
        for batch, text in ((1, "1.00"), (16, "4.00"))
    ),
    titles=("mlx-gpu",),
    first="Model",
)


def cells(made, row=0):
    """The texts of a row."""
    return [cell.text for cell in made.rows[row].cells]


def test_table_is_as_printed():
    """Speedups are not computed anew; the wrong ones are marked with the reason."""
    (made,) = operation_tables([document(DETAIL)], "Mac", average=False)
    assert cells(made) == ["0.03", "0.03", "-25%"]
    assert [cell.value for cell in made.rows[1].cells] == [1.0, 3.0, 200.0]
    axis = "the axis never reached MLX"
    assert [cell.wrong for cell in made.rows[0].cells] == [axis, None, axis]
    assert [cell.wrong for cell in made.rows[2].cells][1:] == ["an error became nan"] * 2
    assert (made.document, made.release) == ("doc", None)
    assert made.notes[0] == f"{NOTE}: doc, Mac, version not stated"
    assert f"measured wrongly: Sum: {axis}" in made.notes


def test_averages_are_printed_or_computed():
    """Those of the document where it has them."""
    (made,) = operation_tables([document(DETAIL)], "Mac", average=True)
    assert [row.label for row in made.rows] == ["ReLU", "Sum"]
    assert cells(made, 1)[:2] == ["0.52", "1.51"]
    assert made.rows[1].cells[0].wrong == "the axis never reached MLX"
    assert "computed from the times as printed" in made.notes
    printed, computed = operation_tables([document(DETAIL, MEAN)], "Mac", average=True)
    assert (printed.release, cells(printed)) == ("v0.5.0", ["0.52", "1.52", "+194%"])
    assert computed.release is None
    (only,) = operation_tables([document(DETAIL, MEAN)], "Mac", average=True, release="v0.5.0")
    assert only.release == "v0.5.0"


@pytest.mark.parametrize("average", [False, True])
def test_honest_columns_say_what_is_known(average):
    """Nothing, or that it was measured wrongly."""
    (made,) = operation_tables([document(DETAIL)], "Mac", average=average, honest=True)
    place = [column.kind for column in made.columns].index(Kind.INTERVAL)
    texts = {row.name: row.cells[place].text for row in made.rows}
    assert texts["Sum"] == "measured wrongly"


def test_models_are_computed_from_detail():
    """Four tables; columns as the paper calls them."""
    found = tables_of_models([document(MODELS)], "Mac")
    assert [len(made.rows) for made in found] == [2, 1, 2, 1]
    assert cells(found[-1]) == ["2.50"]
    assert found[0].columns[0].title == "mlx-gpu"
    assert {made.document for made in found} == {"doc"}


def test_what_there_is_not():
    """Is said."""
    documents = [document(DETAIL)]
    assert machines(documents) == ["Mac"]
    with pytest.raises(TableError, match="No published table of models is of Mac"):
        tables_of_models(documents, "Mac")
    with pytest.raises(TableError, match=r"operations is of Mac, v0\.1\.0"):
        operation_tables(documents, "Mac", average=False, release="v0.1.0")


def test_every_table_is_imported_as_it_is_printed():
    """Whatever was printed, in our Markdown, is read again with the same cells."""
    for found in read_published(published_results()):
        for printed in found.tables:
            made = as_printed(Published(found, printed))
            (again,) = tables(markdown(made), Stated(printed.machine))
            assert again.titles == printed.titles
            assert [(row.label, row.cells) for row in again.rows] == [
                (row.label, row.cells) for row in printed.rows
            ]
