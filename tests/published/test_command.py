import shutil

import pytest
from click.testing import CliRunner
from mlx_asv.cli import main
from mlx_asv.published.model import figures
from mlx_asv.published.store import read_published

from tests.conftest import ROOT
from tests.published.test_text import BLANKS, MARKDOWN


def run(*arguments, status=0):
    """What `mlx-asv import` prints: on stdout, or, if it fails, on stderr."""
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, ["import", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout if status == 0 else result.stderr


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A checkout with a document in it."""
    for name in ("asv.conf.json", "mlx.lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "doc.md").write_text(MARKDOWN)
    return tmp_path


def test_document_is_imported_and_told(here):
    """How many numbers of which machine, what does not follow, where it lies."""
    text = run("doc.md", "--title", "A title [x]")
    assert "A title [x]" in text
    assert "M2 (8GB)" in text and "v0.5.0" in text and "not stated" in text
    assert "0 of 2 speedups do not follow from their times" in text
    assert "Published, not measured here: results/published/doc.toml" in text
    (document,) = read_published(here / "results")
    assert (document.name, document.title, document.file) == ("doc", "A title [x]", "doc.md")
    assert len(list(figures([document]))) == 5


def test_later_table_of_the_same_form(here):
    """Between blanks, of another machine and release, on a backend that the seeds do not have."""
    (here / "new.txt").write_text(BLANKS.replace("mps", "numpy").replace("0.20.0", "0.31.1"))
    run("new.txt", "--name", "later")
    (document,) = read_published(here / "results")
    assert {(f.machine, f.release, f.backend) for f in figures([document])} == {
        ("M4 (10GPU)", "v0.31.1", "mlx_gpu"),
        ("M4 (10GPU)", "v0.31.1", "numpy"),
        ("RTX4090 ((Desktop) / 128GB)", None, "cpu"),
        ("RTX4090 ((Desktop) / 128GB)", None, "cuda"),
    }


def test_machine_release_and_wrong_lines_are_the_users(here):
    """What the document does not say."""
    run("doc.md", "--machine", "Mac", "--release", "0.29.0", "--wrong", "9=it was swapping")
    (document,) = read_published(here / "results")
    assert {(t.machine, t.release) for t in document.tables} == {("Mac", "v0.29.0")}
    assert [f.wrong for f in figures([document]) if f.line == 9] == ["it was swapping"] * 2


def test_damaged_rows_are_all_named_and_nothing_is_imported(here):
    """What was imported before stays."""
    run("doc.md")
    before = (here / "results/published/doc.toml").read_text()
    (here / "doc.md").write_text(MARKDOWN.replace("1.77", "1,77").replace("1.00", "1.0.0"))
    message = run("doc.md", status=1)
    assert message.startswith("Error: Nothing was imported")
    assert "\n  doc.md, line 9: '1,77' is no time such as 1.77\n" in message
    assert "\n  doc.md, line 16: '1.0.0' is no time" in message
    assert (here / "results/published/doc.toml").read_text() == before


def test_no_number_is_there_twice(here):
    """The same document under another name is refused, under its own read again."""
    run("doc.md")
    shutil.copy("doc.md", "copy.md")
    assert "was imported as 'doc'" in run("copy.md", status=1)
    run("copy.md", "--name", "doc")
    assert len(read_published(here / "results")) == 1


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("prose", (), "has no table of mlx-benchmark's form"),
        (MARKDOWN.replace("mlx: 0.5.0", "mlx: 0.5.9"), (), "line 14: There is no mlx release"),
        (MARKDOWN, ("--release", "9.9"), "--release: There is no mlx release"),
        (MARKDOWN, ("--name", "a/b"), "cannot be a file's name"),
        (MARKDOWN, ("--wrong", "1=x"), "no row was read from that line"),
        (b"\xff\xfe", (), "doc.md cannot be read"),
    ],
)
def test_bad_input_is_refused(here, text, arguments, message):
    """In one sentence, and nothing is written."""
    (here / "doc.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert message in run("doc.md", *arguments, status=1)
    assert not (here / "results").exists()


def test_option_that_makes_no_sense(here):
    """A usage error."""
    assert "is no line and reason" in run("doc.md", "--wrong", "x", status=2)


def test_file_that_is_not_there(here):
    """Is named."""
    assert "nothing.md cannot be read" in run("nothing.md", status=1)
