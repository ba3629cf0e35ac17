from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_asv.published.model import DamagedRow, PrintedTable
from mlx_asv.published.text import Stated, stated_in, tables

MARKDOWN = """\
# A page

* `mlx_gpu/mps speedup`: what it is

**M1 Pro**

| Operation    | mlx_gpu | mps | mlx_gpu/mps speedup |
|--------------|-------|------|-------------------|
| Sum / dim=8 axi=0 |   1.77 |   2.36 |    +33% |
| Sum / dim=8 axi=1 |   0.03 |    nan |    nan% |

**M2 (8GB) - mlx: 0.5.0 torch: 2.2.1**

| Operation    | mlx_gpu |
|--------------|-------|
| Sum | 1.00 |
"""

TABS = """\
### A.1 Benchmarks Using MLX on Apple M1

Operation\tmlx-gpu\tmlx-cpu\tmlx-gpu/mlx-cpu speedup
Sum / dim=8 axi=0\t1.00\t2.00\t+100%



Sum / dim=8 axi=1\t1.00\t2.00\t+100%

---

Some text.
"""

BLANKS = """\
M4 (10GPU) mlx: 0.20.0

Average benchmark:

Operation mlx_gpu mps mlx_gpu/mps speedup
Sum 1.00 2.00 +100%
Sort 1.00 nan nan%

CUDA GPUs

RTX4090 ((Desktop) / 128GB)

Operation cpu cuda cuda/cpu speedup
Sum 12.19 0.62 +1866%
"""


def read(text, **asked):
    """The tables; all of them can be read."""
    found = list(tables(text, Stated(**asked)))
    assert all(isinstance(each, PrintedTable) for each in found), found
    return found


def damaged(text, **asked):
    """What is wrong, as lines."""
    found = tables(text, Stated(**asked))
    return [str(each) for each in found if isinstance(each, DamagedRow)]


def test_tables_of_markdown():
    """Machine and versions from the heading, every cell as printed, with its line."""
    first, second = read(MARKDOWN)
    assert (first.machine, first.release, first.torch) == ("M1 Pro", None, None)
    assert first.titles == ("mlx_gpu", "mps", "mlx_gpu/mps speedup")
    assert [(row.line, row.label, row.cells) for row in first.rows] == [
        (9, "Sum / dim=8 axi=0", ("1.77", "2.36", "+33%")),
        (10, "Sum / dim=8 axi=1", ("0.03", "nan", "nan%")),
    ]
    assert (second.machine, second.release, second.torch) == ("M2 (8GB)", "v0.5.0", "2.2.1")


def test_tables_between_tabs_go_on_after_a_page_break():
    """Blank lines end no table; other text does."""
    (table,) = read(TABS)
    assert table.machine == "Apple M1"
    assert [row.line for row in table.rows] == [4, 8]


def test_tables_between_blanks():
    """A column's title may have a blank in it; lines that end with a colon are no machine."""
    first, second = read(BLANKS)
    assert (first.machine, first.release) == ("M4 (10GPU)", "v0.20.0")
    assert [row.cells for row in first.rows] == [("1.00", "2.00", "+100%"), ("1.00", "nan", "nan%")]
    assert second.machine == "RTX4090 ((Desktop) / 128GB)"


def test_what_is_asked_for_goes_before_what_is_said():
    """For all tables."""
    assert {(t.machine, t.release) for t in read(MARKDOWN, machine="Mac", release="v0.1.0")} == {
        ("Mac", "v0.1.0")
    }


@pytest.mark.parametrize(
    ("heading", "stated"),
    [
        ("**M1 Pro**", Stated("M1 Pro")),
        ("M2 () - mlx 0.2.0", Stated("M2", "v0.2.0")),
        ("M3 (RAM: 16GB) - mlx 0.2.0", Stated("M3 (RAM: 16GB)", "v0.2.0")),
        ("M1 Ultra (64GB) mlx: 0.29.3 torch: 2.8.0", Stated("M1 Ultra (64GB)", "v0.29.3", "2.8.0")),
        ("## C.2 Latency Using MLX on Apple M1 Macbook pro", Stated("Apple M1 Macbook pro")),
        ("**D.3 Latency based on the Length Using MLX on Apple M2**", Stated("Apple M2")),
    ],
)
def test_what_headings_state(heading, stated):
    """A machine, and versions if they are stated."""
    assert stated_in(heading) == stated


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ("|   1.77 |", "|   1,77 |", 9, "'1,77' is no time such as 1.77"),
        ("|    +33% |", "|", 9, "has 2 numbers, its table 3 columns"),
        ("    +33% |", "    33 |", 9, "'33' is no speedup such as +33%"),
        ("Sum / dim=8 axi=0", "Sum / dim=8 axi=", 9, "neither dim=AxB nor axi=N"),
        ("axi=1", "axi=0", 10, "is in line 9, too"),
        ("| mps |", "| mpx |", 7, "'mpx' is no column"),
        ("| mps |", "| mlx_gpu |", 7, "has a column twice"),
        ("| mlx_gpu | mps | mlx_gpu/mps speedup |", "| x |", 9, "no table's header is before it"),
        ("**M1 Pro**", "Namespace(x=1)", 7, "names no machine"),
    ],
)
def test_damaged_row_is_refused_with_its_line(before, after, line, reason):
    """And the reason; other tables are read."""
    assert MARKDOWN.count(before) >= 1
    text = MARKDOWN.replace("* `mlx_gpu/mps speedup`: what it is", "").replace(before, after, 1)
    if "Namespace" in after:
        text = text.replace("# A page", "")
    (found, *_) = damaged(text)
    assert found.startswith(f"line {line}: ")
    assert reason in found


def test_row_that_lost_a_number_between_blanks():
    """Is not taken for a heading, after a page break either."""
    (reason,) = damaged(BLANKS.replace("Sort 1.00 nan nan%", "\nSort 1.00 nan%"))
    assert reason.startswith("line 8: ")


def test_text_without_tables_has_none():
    """Prose and other tables are nothing of ours."""
    assert read("Operation was a success.\n\n| Name | Age |\n|---|---|\n| Ann | 12 |\n") == []


GOLDEN = sorted((Path(__file__).parents[1] / "tables" / "golden").iterdir())


@settings(max_examples=200)
@given(st.data())
def test_every_damage_is_read_or_refused(data):
    """Whatever is cut out of a table or put into it, nothing else is raised; a line that is no row
    any more is not lost silently."""
    text = data.draw(st.sampled_from(GOLDEN)).read_text()
    lines = text.splitlines()[:12]
    number = data.draw(st.integers(2, len(lines) - 1))
    at = data.draw(st.integers(0, len(lines[number])))
    cut = data.draw(st.integers(0, 5))
    put = data.draw(st.text(st.sampled_from("| \t%+-.x/09=naA"), max_size=3))
    lines[number] = lines[number][:at] + put + lines[number][at + cut :]
    (found, *rest) = tables("\n".join(lines), Stated("Mac"))
    if isinstance(found, PrintedTable) and not rest and lines[number].strip():
        ruler = not lines[number].strip(" |:-\t")
        assert ruler or number + 1 in {row.line for row in found.rows}
