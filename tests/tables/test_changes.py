from math import exp, inf, log, sqrt

import numpy as np
import pytest
from mlx_asv.tables.changes import Change, mean_change, percent

RNG = np.random.default_rng(7)


def test_interval_is_students():
    """2.776 standard errors on 4 degrees of freedom; infinite where nothing is known."""
    change = Change(0.1, 0.01, 4)
    assert change.half == pytest.approx(0.02776, rel=1e-3)
    assert (change.low, change.high) == pytest.approx((0.1 - 0.02776, 0.1 + 0.02776), rel=1e-3)
    assert Change(0.1, inf, 0).half == inf
    assert Change(0.1, 0.01, 0).half == inf


def test_mean_of_one_case_is_the_case():
    """Nothing is averaged."""
    one = mean_change([Change(0.3, 0.02, 5)], [2.0])
    assert (one.effect, one.error, one.df) == pytest.approx((0.3, 0.02, 5))


def test_ratio_of_means_is_weighted_by_time():
    """A case of 9 ms counts nine times as much as one of 1 ms."""
    change = mean_change([Change(log(2), 0.0, 4), Change(0.0, 0.0, 4)], [9.0, 1.0])
    assert exp(change.effect) == pytest.approx(1.9)
    assert change.error == 0


def test_unknown_case_makes_the_mean_unknown():
    """Or one whose spread is."""
    known = Change(0.1, 0.01, 4)
    assert mean_change([known, None], [1.0, 1.0]) is None
    assert mean_change([known, Change(0.1, inf, 0)], [1.0, 1.0]) is None
    assert mean_change([], []) is None


def test_interval_of_a_mean_covers_the_truth():
    """95 times of 100, of simulated means of three cases with four replicates each."""
    true, this, sd = np.array([0.1, 0.4, -0.2]), np.array([1.0, 3.0, 0.5]), 0.05
    truth = log((this * np.exp(true)).sum() / this.sum())
    covered = 0
    for _ in range(400):
        found = true[:, None] + RNG.normal(0, sd, (3, 4))
        parts = [Change(float(row.mean()), float(row.std(ddof=1) / sqrt(4)), 3.0) for row in found]
        change = mean_change(parts, list(this))
        covered += change.low <= truth <= change.high
    assert 0.92 <= covered / 400 <= 0.99


def test_percent_of_a_log_ratio():
    """exp - 1, in percent."""
    assert percent(log(1.5)) == pytest.approx(50)
    assert percent(inf) == inf
