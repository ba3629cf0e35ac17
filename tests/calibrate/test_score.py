from math import log

import numpy as np
import polars as pl
import pytest
from mlx_asv.calibrate.history import ORDER, truth
from mlx_asv.calibrate.rivals import FLAGS
from mlx_asv.calibrate.score import (
    alarms,
    clopper_pearson,
    design_effect,
    drifts,
    flags_of,
    recalls,
)
from scipy import stats

TRUTH = truth().filter(pl.col("case").str.starts_with("add 1"))
STEP = "add 1, step 5% at 8"


def flags(*found):
    """Steps that a rule flagged."""
    return pl.DataFrame(found, schema=FLAGS, orient="row")


def test_false_alarm_is_a_slower_where_nothing_changed():
    """One beside a true change is misplaced, one downwards is no regression."""
    found = alarms(
        flags((STEP, 8, 1), (STEP, 7, 1), (STEP, 3, 1), (STEP, 5, -1), ("add 1, equal 1", 2, 1)),
        TRUTH,
        1.0,
    )
    assert (found.false, found.misplaced) == (2, 1)
    assert found.comparisons == TRUTH.filter(pl.col("true") == 0).height
    assert found.per_thousand == pytest.approx(2000 / found.comparisons)
    assert found.low < 2 / found.comparisons < found.high


@pytest.mark.parametrize(("events", "trials"), [(0, 30), (3, 30), (30, 30)])
def test_interval_is_scipys(events, trials):
    """Clopper and Pearson's, as scipy has it for whole numbers."""
    exact = stats.binomtest(events, trials).proportion_ci(method="exact")
    assert clopper_pearson(events, trials) == pytest.approx((exact.low, exact.high))
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def verdicts(clustered, rng):
    """Steps of equal cases whose p-values are each case's own, or all independent."""
    equal = TRUTH.filter(case="add 1, equal 1").select("case", "after")
    names = [f"case {n}" for n in range(60)]
    frame = pl.concat([equal.with_columns(pl.lit(name).alias("case")) for name in names])
    p = rng.uniform(size=frame.height)
    if clustered:
        p = np.repeat(rng.uniform(size=60), frame.height // 60)
    known = frame.with_columns(true=pl.lit(0.0))
    return frame.with_columns(comparison=pl.lit("step"), p=pl.Series(p)), known


def test_design_effect_sees_clusters():
    """One number per case: as many comparisons as cases are worth anything; else all."""
    rng = np.random.default_rng(1)
    independent = design_effect(*verdicts(False, rng))
    assert 1 <= independent < 2
    frame, known = verdicts(True, rng)
    assert design_effect(frame, known) == pytest.approx(known.height / 60, rel=0.5)


def test_recall_is_by_the_exact_release():
    """One release off is told apart; the estimate's error in points."""
    found = flags((STEP, 8, 1), ("add 1, step 10% at 8", 9, 1)).with_columns(
        effect=pl.Series([log(1.06), None])
    )
    by = {(each.kind, each.size, each.at): each for each in recalls(found, TRUTH)}
    exact, off = by["step", 0.05, 8], by["step", 0.1, 8]
    assert (exact.exact, exact.near, exact.histories) == (1, 0, 1)
    assert exact.errors == pytest.approx([1.0])
    assert (off.exact, off.near) == (0, 1)
    assert by["step", 0.2, 15].exact == 0


def test_drift_is_found_at_any_of_its_releases_or_by_the_best():
    """Its steps are too small for most rules."""
    drift = "add 1, drift 20% from 4 to 14"
    wanted = ("drift", 0.2)
    for found, drifted in ((flags((drift, 9, 1)), frozenset()), (flags(), {drift})):
        by = {(each.kind, each.size): each for each in recalls(found, TRUTH, drifted)}
        assert by[wanted].exact == 1
    by = {(each.kind, each.size): each for each in recalls(flags(), TRUTH)}
    assert by[wanted].exact == 0


def test_flags_of_verdicts():
    """Steps only; confirmed ones with the size of the fresh replicates."""
    frame = pl.DataFrame(
        {
            "case": [STEP, STEP, STEP],
            "metric": ["time"] * 3,
            "comparison": ["step", "step", "best"],
            "after": [ORDER[8], ORDER[9], ORDER[15]],
            "verdict": ["slower", "faster", "slower"],
            "confirmed": ["slower", "same", None],
            "effect": [0.06, -0.1, 0.05],
            "fresh_effect": [0.05, 0.0, None],
        }
    )
    assert flags_of(frame, "verdict").rows() == [(STEP, 8, 1, 0.06), (STEP, 9, -1, -0.1)]
    assert flags_of(frame, "confirmed").rows() == [(STEP, 8, 1, 0.05)]
    assert drifts(frame, "verdict") == {STEP}
    assert drifts(frame, "confirmed") == set()
