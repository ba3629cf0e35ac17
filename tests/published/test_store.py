import tomllib

import pytest
from mlx_asv.published.store import PublishedError, read_document, read_published, write_document

from tests.published.test_model import document, table

ODD = document(
    table(("ReLU / dim=8", "1.00", "nan", "nan%"), release="v0.5.0"),
    table(("MatMul", "1.15"), titles=("mlx_gpu",), unit="s", calls=10000),
    wrong={2: 'it "was"\tswapping'},
)


def test_what_is_written_is_read(tmp_path):
    """Every text as it was, under the document's name; a row is a line."""
    path = write_document(tmp_path, ODD)
    assert path == tmp_path / "published" / "doc.toml"
    assert read_published(tmp_path) == [ODD]
    assert '\n  [2, "ReLU / dim=8", "1.00", "nan", "nan%"],\n' in path.read_text()


def test_what_is_not_stated_is_not_written(tmp_path):
    """No release, no unit but milliseconds."""
    text = write_document(tmp_path, document(table(("ReLU", "1.00", "2.00", "+1%")))).read_text()
    assert set(tomllib.loads(text)["tables"][0]) == {"line", "machine", "columns", "rows"}


def test_no_documents(tmp_path):
    """Is not an error."""
    assert read_published(tmp_path) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("format = 1", "format = 2", "has format 2, not 1"),
        ("format = 1", "format 1", "cannot be read"),
        ('title = "A document"', "", "KeyError"),
        ('"1.00"', '"1,00"', "of line 2: '1,00' is no time"),
        ('["Operation", ', '["Thing", ', "Thing"),
        ('unit = "s"', 'unit = "h"', "damaged"),
        ("rows = [\n", "rows = [\n  [],\n", "ValueError"),
    ],
)
def test_damaged_file_is_named(tmp_path, before, after, message):
    """With what is wrong."""
    path = write_document(tmp_path, ODD)
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(PublishedError, match=message) as caught:
        read_document(path)
    assert str(path) in str(caught.value)
