import polars as pl
import pytest
from mlx_asv.bench.continuity import compare, continuity_table, goals
from mlx_asv.effects.series import SERIES

CASES = ("ops.Sort.time_sort", "ops.Sum.time_sum")


def table(seconds, width=0.01):
    """A table of series: {label: seconds}, of two cases of which the second takes twice as long."""
    rows = [
        {
            **dict.fromkeys(("machine", "environment", "version", "case"), ""),
            "benchmark": benchmark,
            "backend": "cpu",
            "metric": "time",
            "label": label,
            "release": label,
            "role": "reference" if label == "v9" else "release",
            "value": factor * value,
            "low": factor * value * (1 - width),
            "high": factor * value * (1 + width),
            "raw": factor * value,
            "sweeps": 1,
            "replicates": 3,
        }
        for factor, benchmark in enumerate(CASES, 1)
        for label, value in seconds.items()
    ]
    return pl.DataFrame(rows, schema=SERIES)


def test_the_machine_may_be_faster_meanwhile():
    """Only what a release takes beside the reference is compared, not the seconds."""
    halves = table({"v1": 1.0, "v2": 1.5, "v9": 1.0})
    whole = table({"v1": 0.5, "v2": 0.75, "v9": 0.5})
    found = compare(halves, whole)
    assert [(each.case, each.release) for each in found] == [
        *(("Sort ", "v1"), ("Sort ", "v2"), ("Sum ", "v1"), ("Sum ", "v2"))
    ]
    assert [each.disagreement for each in found] == pytest.approx([0.0] * 4)
    assert all(goal.reached for goal in goals(found))


def test_a_disagreement_beyond_the_intervals_is_not_covered():
    """It is shown with its release, and the goal is missed."""
    whole = table({"v1": 1.0, "v2": 1.5, "v9": 1.0})
    found = compare(table({"v1": 1.0, "v2": 1.8, "v9": 1.0}), whole)
    (goal,) = goals(found)
    assert not goal.reached
    assert "50%" in goal.value
    assert "20.0%" in goal.value
    assert "v2" in goal.value
    assert continuity_table(found).row_count == len(CASES)


def test_wide_intervals_cover_it():
    """What both sweeps say they do not know is no disagreement."""
    whole = table({"v1": 1.0, "v2": 1.5, "v9": 1.0}, width=0.2)
    found = compare(table({"v1": 1.0, "v2": 1.8, "v9": 1.0}, width=0.2), whole)
    assert all(goal.reached for goal in goals(found))


def test_nothing_measured_is_not_reached():
    """A bench that failed does not claim anything."""
    assert not any(goal.reached for goal in goals([]))
