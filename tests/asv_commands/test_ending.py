import io
from math import inf

import polars as pl
import pytest
from mlx_asv.asv_commands.ending import say_durations, say_lost, say_quick
from mlx_asv.observations.schema import SCHEMA
from rich.console import Console


def observed(*rows):
    """Observations of these rows, each of a block set of its own."""
    usual = {"sweep": "s", "case": "", "backend": "cpu", "metric": "time", "outcome": "ok"}
    made = [{**usual, "replicate": number, "group": 0, **row} for number, row in enumerate(rows)]
    return pl.DataFrame(made, schema=SCHEMA)


ROWS = observed(
    {"benchmark": "ops.Sum.time_it", "release": "v1", "value": 0.002, "life": 2.0},
    {"benchmark": "ops.Sum.time_it", "release": "v2", "value": 0.001, "life": 2.5},
    {"benchmark": "ops.Sort.time_it", "release": "v1", "value": 3.0, "life": 9.0},
    {
        "benchmark": "ops.Sort.time_it",
        "release": "v2",
        "metric": None,
        "outcome": "failed",
        "reason": "it ended",
        "label": "v2",
        "role": "release",
        "life": 1.0,
    },
)


def said(function, *arguments):
    """What it prints."""
    console = Console(file=io.StringIO(), width=160)
    function(*arguments, console)
    return console.file.getvalue()


def test_a_quick_run_ends_with_what_ran_and_its_worth():
    """The fastest and the slowest release of each; no verdict."""
    text = said(say_quick, ROWS)
    (row,) = (line for line in text.splitlines() if "ops.Sum.time_it" in line)
    assert "1 ms v2" in row
    assert "2 ms v1" in row
    assert "nothing is judged" in text.replace("\n", " ")


def test_what_is_missing_is_told_by_reason_or_each():
    """Each with --show-stderr, which releases included."""
    assert (
        said(say_lost, ROWS, False) == "Not measured: ops.Sort.time_it on cpu: failed: it ended\n"
    )
    each = said(say_lost, ROWS, True)
    assert each == "Not measured: ops.Sort.time_it v2 cpu: failed: it ended\n"


def test_a_quick_run_that_measured_nothing_says_so():
    """In a sentence."""
    assert "Nothing was measured." in said(say_quick, ROWS.filter(outcome="failed"))


@pytest.mark.parametrize(
    ("most", "benchmarks"), [(0, []), (1, ["ops.Sort"]), (inf, ["ops.Sort", "ops.Sum"])]
)
def test_durations_are_told_if_they_are_asked_for(most, benchmarks):
    """The longest first, in wall seconds of all releases together."""
    text = said(say_durations, ROWS, most)
    found = [line for line in text.splitlines() if "ops." in line]
    assert [line.split(".time_it")[0].split()[-1] for line in found] == benchmarks
    if found:
        assert "10.0" in found[0]
