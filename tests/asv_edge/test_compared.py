from argparse import Namespace

import pytest
from mlx_asv.asv_edge.compared import Mark, Row, Side, print_compared, print_conclusion
from mlx_asv.axes import Name


def row(name, mark, before, after, verdict="same", unsure=False):
    """A benchmark without parameters."""
    return Row(Name(name), mark, Side(before), Side(after), verdict, unsure)


ROWS = [
    row("ops.time_a", Mark.NONE, 1.0, 1.01),
    row("ops.time_b", Mark.WORSE, 1.0, 1.5, "slower"),
    row("ops.time_c", Mark.BETTER, 1.0, 0.5, "faster"),
    row("ops.time_d", Mark.BROKEN, 1.0, None, "not measured"),
    row("ops.time_e", Mark.NONE, 1.0, 1.3, "inconclusive", unsure=True),
]


@pytest.fixture
def printed(capsys):
    """A function that prints the rows by these options: the names, in order, and the text."""

    def show(**changed):
        options = {"only_changed": False, "split": False, "sort": "name"}
        print_compared(ROWS, ("v1", "v2"), Namespace(**options | changed))
        text = capsys.readouterr().out
        lines = [line for line in text.splitlines() if "ops." in line]
        return [line.split("ops.time_")[1][0] for line in lines], text

    return show


def test_columns_are_asvs_and_the_verdict(printed):
    """What reads asv's table reads this one."""
    names, text = printed()
    assert names == list("abcde")
    header = next(line for line in text.splitlines() if line.startswith("| Change"))
    columns = [cell.strip() for cell in header.strip("|").split("|")]
    assert columns == [
        *("Change", "Before [v1]", "After [v2]", "Ratio", "Benchmark (Parameter)", "Verdict")
    ]
    (slower,) = (line for line in text.splitlines() if "time_b" in line)
    cells = [cell.strip() for cell in slower.strip("|").split("|")]
    assert cells == ["+", "1.00s", "1.50s", "1.50", "ops.time_b", "slower"]
    assert "| ~1.30 " in text


def test_only_changed_leaves_out_what_is_the_same(printed):
    """But not what may have changed, nor what broke."""
    assert printed(only_changed=True)[0] == list("bcde")


def test_sorted_by_ratio_the_slowest_comes_first(printed):
    """What has no ratio comes before it, as in asv's."""
    assert printed(sort="ratio")[0] == list("dbeac")


def test_split_has_a_table_of_each_kind(printed):
    """With asv's titles."""
    names, text = printed(split=True)
    assert names == list("caebd")
    assert text.index("improved:") < text.index("stayed the same:") < text.index("got worse:")


@pytest.mark.parametrize(
    ("worse", "better", "words"),
    [
        (True, True, "PERFORMANCE DECREASED."),
        (False, True, "PERFORMANCE INCREASED."),
        (False, False, "BENCHMARKS NOT SIGNIFICANTLY CHANGED."),
    ],
)
def test_it_ends_with_asvs_words(capsys, worse, better, words):
    """Scripts look for them."""
    print_conclusion(worse, better)
    assert words in capsys.readouterr().out
