import csv
import io
import json

from mlx_asv.published.labels import OperationLabel
from mlx_asv.tables.build import Times
from mlx_asv.tables.changes import Change
from mlx_asv.tables.operations import operation_table
from mlx_asv.tables.render import as_csv, as_json, markdown, render_all

ROWS = [
    Times.of(OperationLabel("Argmax", "64x1024x128 axis=0"), {"mlx_gpu": 1.77, "mps": 2.36}),
    Times.of(OperationLabel("Sum", "8"), {"mlx_gpu": 15890.87, "mps": 9103.75}),
]
TABLE = operation_table(ROWS, "Mac", "v0.31.1", notes=["a note"])


def test_markdown_has_mlx_benchmarks_blanks():
    """Numbers to the right; the head four wider than the rows, its ruler six."""
    assert markdown(TABLE) == (
        "| Operation                          | mlx_gpu | mps | mlx_gpu/mps speedup |\n"
        "|------------------------------------|-------|------|-------------------|\n"
        "| Argmax / dim=64x1024x128 axi=0 |   1.77 |   2.36 |    +33% |\n"
        "| Sum / dim=8                    | 15890.87 | 9103.75 |    -42% |\n"
    )


def test_labels_with_a_bar_stay_in_their_cell():
    """Markdown's separator is escaped."""
    odd = operation_table([Times.of(OperationLabel("Sum", "8"), {"a|b": 1.0})], "Mac", "v1")
    assert "| a\\|b |" in markdown(odd)


def test_csv_has_the_same_texts():
    """And reads back."""
    rows = list(csv.reader(io.StringIO(as_csv(TABLE))))
    assert rows == [
        ["Operation", "mlx_gpu", "mps", "mlx_gpu/mps speedup"],
        ["Argmax / dim=64x1024x128 axi=0", "1.77", "2.36", "+33%"],
        ["Sum / dim=8", "15890.87", "9103.75", "-42%"],
    ]


def test_json_has_numbers_beside_texts():
    """Of everything; what there is none of is left out of a cell."""
    document = json.loads(as_json(TABLE))
    assert document["machine"] == "Mac" and document["release"] == "v0.31.1"
    assert document["published"] is None and document["notes"] == ["a note"]
    assert document["columns"][2] == {
        "key": "mlx_gpu/mps",
        "title": "mlx_gpu/mps speedup",
        "kind": "speedup",
        "backend": "mlx_gpu",
        "other": "mps",
    }
    row = document["rows"][0]
    assert (row["name"], row["case"]) == ("Argmax", "64x1024x128 axis=0")
    assert row["cells"][0] == {"text": "1.77", "value": 1.77}
    assert set(row["cells"][2]) == {"text", "value"}


def test_nan_and_unknown_intervals_are_valid_json():
    """Neither NaN nor Infinity."""
    rows = [Times.of(OperationLabel("Sum", "8"), {"mlx_gpu": float("nan"), "mps": 1.0})]
    changes = {("Sum", "8", "mlx_gpu", "mps"): Change(0.1, float("inf"), 0)}
    table = operation_table(rows, "Mac", "v1", changes=changes, backends=["mlx_gpu", "mps"])
    cells = json.loads(as_json(table))["rows"][0]["cells"]
    assert [cell["text"] for cell in cells] == ["nan", "1.00", "nan%", "unknown"]


def test_several_tables():
    """A list in JSON; titles between them elsewhere."""
    titled = operation_table(ROWS, "Mac", "v1")
    assert len(json.loads(render_all([titled, titled], "json"))) == 2
    assert render_all([TABLE], "markdown") == markdown(TABLE)
    assert render_all([TABLE, TABLE], "csv") == as_csv(TABLE) + "\n" + as_csv(TABLE)
