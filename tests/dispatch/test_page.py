import pytest
from mlx_asv.dispatch import page as module
from mlx_asv.dispatch.page import BEGIN, END, PageError, quantity, ratio, section, write

from .test_figures import ORDER, POINTS, figures


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page with an old section, and a plot that is drawn by name only."""
    monkeypatch.setattr(module, "draw", lambda found, path: path.write_text(found.machine))
    path = tmp_path / "dispatch.md"
    path.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter.\n")
    return path


def test_only_what_is_between_the_marks_changes(page):
    """What is written by hand stays; what was made before goes; twice gives the same."""
    found = figures(POINTS, ORDER, None, None)
    assert write(found, page) == [page, page.with_name("dispatch-mac.svg")]
    text = page.read_text()
    assert text.startswith(f"# Before\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "old" not in text
    assert "![Times over size on mac: initialisation and products](dispatch-mac.svg)" in text
    write(found, page)
    assert page.read_text() == text


def test_tables():
    """A product per line with both times and their ratio; an overhead per line, by backend."""
    text = section(*figures(POINTS, ORDER, None, None), "x.svg")
    assert "| 128x128 by 128x128 | mlx_gpu | 115 µs | 6.00 µs | 19.17 |" in text
    assert "| 2x2 by 2x2 | mlx_gpu | 100 µs | - | - |" in text
    assert "|  | mlx_cpu | mlx_gpu | mps |" in text
    assert "| each of 500 additions, evaluated together | - | 1.00 µs | - |" in text
    assert "| import of the framework | 50.0 ms | - | - |" in text


def test_a_page_without_its_marks_is_refused(page):
    """It stays as it is."""
    page.write_text(f"# Before\n{END}\n{BEGIN}\n")
    with pytest.raises(PageError, match="needs a line"):
        write(figures(POINTS, ORDER, None, None), page)
    assert page.read_text() == f"# Before\n{END}\n{BEGIN}\n"


def test_no_page(tmp_path):
    """One sentence."""
    with pytest.raises(PageError, match="run this in a checkout"):
        write([], tmp_path / "missing.md")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (2.5, "2.50 s"),
        (0.0999, "99.9 ms"),
        (0.09996, "100 ms"),
        (115e-6, "115 µs"),
        (9.996e-6, "10.0 µs"),
        (0.99996e-3, "1.00 ms"),
        (0.5e-6, "500 ns"),
        (3e-11, "0.03 ns"),
        (-1e-3, "0 s"),
    ],
)
def test_quantity(seconds, text):
    """Three digits that count, and the unit that makes them so."""
    assert quantity(seconds) == text


def test_ratio():
    """How many times as long."""
    assert ratio(115e-6, 23e-6) == "5.00"
    assert ratio(115e-6, None) == "-"
