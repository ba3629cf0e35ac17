import io

import pytest
from mlx_asv.bench.continuous import ROW, report
from rich.console import Console


def run(case, status, verdict="same", seconds=10.0):
    """What is kept of a run."""
    return {"case": case, "status": status, "verdict": verdict, "seconds": seconds}


RUNS = [run("ops.Sort", 0), run("ops.Sum", 1, "slower, +12%"), run("ops.Sort", 0, "same, +1%", 20)]


def said(runs):
    """What is printed of runs."""
    console = Console(file=io.StringIO(), width=160)
    report(runs, console)
    return console.file.getvalue()


def test_alarms_are_counted():
    """All of them; of each case how its runs ended, how long they took, and the last verdict."""
    text = said(RUNS)
    sort, total = (
        next(line for line in text.splitlines() if w in line) for w in ("Sort", "runs in")
    )
    assert all(each in sort for each in ("2 nothing slower", "15", "same, +1%"))
    assert total.startswith("3 runs in 1 min: 1 false alarms, 0 without an answer")


@pytest.mark.parametrize(
    ("status", "word"), [(2, "not measured"), (-9, "status -9"), (None, "not run")]
)
def test_what_is_no_answer_is_no_alarm(status, word):
    """It is told apart."""
    text = said([run("ops.Sum", status)])
    assert word in text
    assert "0 false alarms, 1 without an answer" in text


def test_verdict_of_a_row():
    """The last cell of asv's table."""
    table = (
        "| Change   | Before [v1]   | Verdict             |\n"
        "|----------|---------------|---------------------|\n"
        "| +        | 1.0s          | slower, +12%        |\n"
        "|          | 1.0s          | same, 3 replicates  |\n"
    )
    assert ROW.findall(table)[-2:] == [("+", "slower, +12%"), ("", "same, 3 replicates")]
