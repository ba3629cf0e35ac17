import io
from math import inf, log, nan

import pytest
from mlx_asv.axes import Axes
from mlx_asv.confirm.pair import Candidate
from mlx_asv.confirm.words import in_words, table
from mlx_asv.job import Case
from mlx_asv.verdicts.evidence import Finding
from mlx_asv.verdicts.sequential import Look
from rich.console import Console

SLOWER = Look(log(1.05), log(1.04), log(1.06), 4, "slower")
NOTHING = Look(nan, -inf, inf, 0, None)
TWIN = Look(log(1.001), log(0.99), log(1.01), 4, "same")
FOUND = Finding("slower", SLOWER, TWIN, {"cpu": 0.0123, "numpy": nan})
LOST = Finding(None, NOTHING, NOTHING, {}, "v2 cpu skipped: no such API [x]")


def candidate(label="small", backend="mlx_cpu"):
    """A case with these parameters."""
    return Candidate(
        Case("ops.Sort.time_it", "1", Axes.of(case=label), 60.0, {backend: 0}), backend, 0
    )


def shown(findings):
    """The rows of the table, as cells."""
    console = Console(file=io.StringIO(), width=200)
    console.print(table(findings, "v1", "v2"))
    lines = console.file.getvalue().splitlines()
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]


def test_line():
    """Verdict first, then how much, how sure, of how many; and why, where it is not clear."""
    assert in_words(FOUND) == "slower, +5.0% (+4.0% to +6.0%), 4 replicates"
    assert in_words(LOST) == "not measured, 0 replicates: v2 cpu skipped: no such API [x]"
    one = Finding(None, Look(0.01, -inf, inf, 1, None), NOTHING, {}, "the budget is spent")
    assert in_words(one) == "not measured, 1 replicate: the budget is spent"


def test_table_has_a_row_for_each_candidate():
    """Effect, interval, replicates, verdict, the A/A check and the controls."""
    rows = shown({candidate(): FOUND, candidate(backend=""): LOST})
    assert rows == [
        ["Sort small", "mlx_cpu", "+5.0%", "+4.0% to +6.0%", "4", "slower",
         "+0.1% (-1.0% to +1.0%)", "cpu 1.2%, numpy unknown"],
        ["Sort small", "", "unknown", "unknown", "0", "not measured", "unknown", "unknown"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["[bold]", "[/]", ":smile:", "[1:100:2]"])
def test_names_are_shown_as_they_are(name):
    """What looks like markup is a name."""
    (row,) = shown({candidate(name, name): FOUND})
    assert row[:2] == [f"Sort {name}", name]
