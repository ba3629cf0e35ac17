from io import StringIO
from math import inf

import numpy as np
import pytest
from mlx_asv.bench.estimates import Estimate, quality
from mlx_asv.bench.precision import (
    aa_goals,
    aa_table,
    precision_goals,
    precision_table,
    ratio,
    ratios,
)
from mlx_asv.bench.subjects import SUBJECTS
from rich.console import Console

CASES = {f"{s.operation} {s.label}": s for s in SUBJECTS[:3]}


def measured(asv: float, sweep: float, half: float = 0.05) -> list[Estimate]:
    """Pairs whose errors have these standard deviations in log time."""
    rng = np.random.default_rng(2)
    return [
        Estimate(method, period, repeat, case, float(rng.normal(0, sd)), half)
        for method, sd in (("asv", asv), ("sweep", sweep))
        for period in ("quiet", "loaded")
        for repeat in range(40)
        for case in CASES
    ]


def shown(table) -> str:
    """What a table looks like."""
    file = StringIO()
    Console(file=file, width=200).print(table)
    return file.getvalue()


def test_honest_widths_are_compared():
    """Errors three times as large make intervals three times as wide, stated or not."""
    found = ratios(measured(0.03, 0.01), "quiet", list(CASES))
    assert list(found) == list(CASES)
    assert np.median(list(found.values())) == pytest.approx(3, rel=0.3)


def test_what_was_not_measured_is_not_better():
    """A case that the sweep could not measure counts against it, asv's the other way round."""
    nothing, something = quality([]), quality(measured(0.01, 0.01)[:9])
    assert ratio(something, nothing) == 0.0
    assert ratio(nothing, nothing) == 0.0
    assert ratio(nothing, something) == inf


def test_goals_are_computed_in_each_period():
    """Reached, or not reached with the value that says why."""
    for asv, sweep, half, reached in (
        (0.15, 0.01, 0.02, [True, True, True]),
        (0.05, 0.01, 0.02, [True, False, True]),  # five times is enough for a quiet machine only
        (0.01, 0.01, 0.001, [False, False, False]),
        (0.15, 0.01, 1.0, [True, True, False]),  # intervals that contain everything
    ):
        goals = precision_goals(measured(asv, sweep, half), list(CASES))
        assert [goal.reached for goal in goals] == reached
        assert ["quiet" in goal.text for goal in goals] == [True, False, False]
        assert ["not reached" in str(goal) for goal in goals] == [not each for each in reached]


def test_the_table_has_every_case_and_two_summaries():
    """A line for each case, the median, and all pairs with their number."""
    walls = dict.fromkeys(CASES, (5.0, 6.0))
    text = shown(precision_table(measured(0.03, 0.01), "quiet", CASES, walls, (40.0, 41.5)))
    for name, subject in CASES.items():
        (line,) = (line for line in text.splitlines() if name in line)
        assert subject.limit in line
    assert "median of the cases" in text
    (last,) = (line for line in text.splitlines() if "all pairs" in line)
    assert "of 120" in last
    assert "41.5" in last


def test_equal_releases_must_not_differ():
    """Two pairs of the sweep in 122 beyond 2 % are too many; asv's are shown and not judged."""
    good = measured(0.1, 0.001)
    assert all(goal.reached for goal in aa_goals(good))
    bad = [*good, *2 * [Estimate("sweep", "loaded", 0, "Sum", -0.03, 0.01)]]
    quiet, loaded = aa_goals(bad)
    assert quiet.reached
    assert not loaded.reached
    assert "2 of 122" in str(loaded)
    assert shown(aa_table(bad)).count("of 12") == 4
