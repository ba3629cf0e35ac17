import io
import math
import re

import polars as pl
import pytest
from rich.console import Console

from tests.verdicts.truth import MANY, QUIET, judged, levels, mixed
from tools.verdicts.report import SHOWN, percent, print_judgement


def shown(judgement):
    """What is printed."""
    console = Console(file=io.StringIO(), width=160)
    print_judgement(judgement, console)
    return console.file.getvalue()


def test_worst_comes_first():
    """The largest slowdown in the first row, whatever its name."""
    found = judged(mixed(QUIET, levels(0.1), levels(0.4), MANY[7:8]))
    changes = [float(text) for text in re.findall(r"│ +\+([\d.]+)% │", shown(found))]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] == pytest.approx(49, abs=3)
    assert len(changes) == 24  # each is a step, and the latest against the best


def test_suite_that_moved_is_told():
    """With the release, the median and how many agree."""
    text = shown(judged(QUIET.observe(levels(0.0, 0.1, 0.0))))
    assert re.search(
        r"Suite-wide at v3 on mac: median \+1[01]\.\d%, 100% of 12 series the same way", text
    )
    assert "Suite-wide at v2" not in text


def test_long_tables_are_cut_and_say_so():
    """The rest is counted."""
    names = tuple(f"ops.Operation{n}" for n in range(40))
    text = shown(judged(QUIET.but(benchmarks=names).observe(levels(0.2))))
    assert f"... and {80 - SHOWN} more" in text


def test_nothing_slower_has_no_table():
    """Only the counts; of nothing at all, noughts."""
    text = shown(judged(QUIET.observe(levels(-0.1))))
    assert "worst" not in text
    assert "Releases against the one before: 0 slower, 12 faster, 0 same, 0 inconclusive" in text
    nothing = shown(judged(QUIET.observe(levels())))
    assert "0 slower, 0 faster, 0 same, 0 inconclusive" in nothing
    assert "Smallest change" not in nothing


def test_square_brackets_of_a_case_are_shown():
    """A name is a name, not markup."""
    observed = QUIET.observe(levels(0.2)).with_columns(case=pl.lit("[bold]8x8[/bold]"))
    assert "[bold]8x8[/bold]" in shown(judged(observed))


def test_percent_of_a_log_ratio():
    """With its sign; infinite is unknown."""
    assert percent(math.log(1.1)) == "+10.0%"
    assert percent(math.log(0.5)) == "-50.0%"
    assert percent(math.inf) == percent(-math.inf) == "unknown"
