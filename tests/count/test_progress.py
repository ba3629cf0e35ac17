from io import StringIO

from mlx_asv.axes import Axes
from mlx_asv.count.progress import Progress
from mlx_asv.job import Arm, Case
from rich.console import Console

CASE = Case("ops.Sort.time_sort", "1", Axes.of(case="small"), 60.0, {"cpu": 0, "gpu": 1})


def progress():
    """What counts are shown by, and where to."""
    file = StringIO()
    return Progress(Console(file=file, width=200)), file


def test_plan_says_whether_the_budget_is_enough():
    """If not, that the longest cases go without a count."""
    shown, file = progress()
    shown.planned(600.0, 3600.0)
    assert file.getvalue() == "The counts take about 10 min; 1 h 00 min of the budget are left\n"
    shown.planned(7200.0, 3600.0)
    assert "the longest cases will be left out" in file.getvalue().splitlines()[1]


def test_case_is_named_without_a_replicate():
    """All replicates of a count are made at once."""
    shown, file = progress()
    with shown:
        shown.step(CASE, 0, "counting v2 cpu, 1 of 2")
        shown.done(0.5, 30.0, "")
    assert file.getvalue() == "[50%, 30 s left at most] Sort small\n"


def test_reason_is_told_once_for_each_backend():
    """A device that is not there would be told for every case and release."""
    shown, file = progress()
    for release in ("v1", "v2"):
        for backend in ("cpu", "gpu"):
            shown.lost(CASE, Arm(backend, release, "release"), "skipped", "no such device")
    shown.lost(CASE, Arm("gpu", "v1", "release"), "failed", "another")
    assert [line.split(" on ")[1] for line in file.getvalue().splitlines()] == [
        "v1 cpu: skipped: no such device",
        "v1 gpu: skipped: no such device",
        "v1 gpu: failed: another",
    ]
