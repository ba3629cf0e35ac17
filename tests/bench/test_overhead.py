import polars as pl
import pytest
from mlx_asv.bench.overhead import Harness, Overhead, Share, VisitCost, goals, shares, tables
from mlx_asv.observations.schema import SCHEMA

SET = {
    **dict.fromkeys(("sweep", "machine", "environment", "benchmark", "version", "case"), "x"),
    **{"group": 0, "outcome": "ok"},
}


def visits(replicate, life, *times):
    """A block set of wall seconds `life`; each visit is (when it started, seconds timed)."""
    return [
        {**SET, "replicate": replicate, "life": life, "started": started, "timed": timed}
        for started, timed in times
    ]


def test_shares_with_and_without_the_start():
    """Of two block sets: their lives, and from the first visit of each to its last."""
    rows = [
        *visits(0, 10.0, (105.0, 1.0), (107.0, 1.0), (109.0, 0.5)),
        *visits(1, 6.0, (203.0, 2.0), (207.0, 0.5)),
        {**SET, "replicate": 2, "life": 9.0, "outcome": "skipped"},
    ]
    found = shares("all", pl.DataFrame(rows, schema=SCHEMA))
    assert found == Share("all", 2, 16.0, 5.0, 8.0, 4.0)


def test_the_goal_is_judged_on_the_call_nearest_to_10_ms():
    """A short call may cost more; at 10 ms it must be as timeit says, to 1 %."""
    short = Harness(1e-5, 1.1e-5, 0.095, 0.001, 5000)
    (goal,) = goals(Overhead([], [], [short, Harness(0.0101, 0.0102, 0.004, 0.001, 300)]))
    assert goal.reached
    assert goal.value == "0.40 ± 0.20 % at 10.1 ms"
    (goal,) = goals(Overhead([], [], [short, Harness(0.0101, 0.0103, 0.02, 0.001, 300)]))
    assert not goal.reached


def test_tables_and_figures():
    """Three tables; a set without two visits has no share inside its blocks."""
    found = Overhead(
        [Share("one", 1, 2.0, 1.0, 0.0, 0.0)],
        [VisitCost(0.01, 2, 0.0002)],
        [Harness(0.01, 0.0101, 0.01, 0.001, 300)],
    )
    assert [table.row_count for table in tables(found)] == [1, 1, 1]
    assert found.figures()["visits"] == [{"call": 0.01, "calls": 2, "beyond": pytest.approx(2e-4)}]
