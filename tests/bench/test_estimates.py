import math

import numpy as np
import pytest
from mlx_asv.bench.estimates import Estimate, allowance, of, quality


def estimate(log_ratio, half=0.01, method="sweep", period="quiet", case="Sum"):
    """An A/A pair."""
    return Estimate(method, period, 0, case, log_ratio, half)


def test_the_honest_width_is_that_of_the_errors():
    """For normal errors of 1 % it is 1.96 %, whatever the method states."""
    errors = np.random.default_rng(1).normal(0, 0.01, 20_000)
    found = quality([estimate(error, half=0.001) for error in errors])
    assert found.honest == pytest.approx(0.0196, rel=0.02)
    assert found.p95 == pytest.approx(0.0196, rel=0.03)
    assert found.nominal == 0.001
    assert found.coverage == pytest.approx(0.08, abs=0.01)


def test_coverage_counts_intervals_with_the_truth():
    """An infinite interval contains it; one that ends at it does, too."""
    found = quality([estimate(0.01, 0.01), estimate(-0.02, 0.01), estimate(0.5, math.inf)])
    assert (found.covered, found.count) == (2, 3)
    assert found.largest == 0.5
    assert found.beyond == 2 - 1 + (math.log(1.02) < 0.02)


def test_the_median_of_widths_does_not_mix_numbers_with_infinity():
    """Of a finite and an infinite one it is the infinite, never nan."""
    assert quality([estimate(0.0, 0.01), estimate(0.0, math.inf)]).nominal == math.inf
    assert quality([estimate(0.0, h) for h in (0.01, 0.02, math.inf)]).nominal == 0.02


def test_of_nothing_nothing_is_known():
    """No pair was measured: every width is infinite and nothing is covered."""
    found = quality([])
    assert found.honest == math.inf
    assert found.coverage == 0.0


def test_pairs_are_chosen_by_method_period_and_case():
    """All cases, if none is named."""
    every = [
        estimate(0.0, method=method, period=period, case=case)
        for method in ("asv", "sweep")
        for period in ("quiet", "loaded")
        for case in ("Sum", "Sort")
    ]
    assert len(of(every, "asv", "loaded")) == 2
    assert [e.case for e in of(every, "asv", "loaded", "Sort")] == ["Sort"]


def test_sweeps_take_as_long_as_asv_in_all():
    """Starting the command counts, and what one took too much is taken off the next."""
    assert allowance([40.0], [], startup=3.0) == 37.0
    assert allowance([40.0, 42.0], [39.0], startup=3.0) == 82.0 - 39.0 - 6.0
    # A sweep that goes before its pair of asv runs gets a typical pair's time.
    assert allowance([40.0], [37.0], startup=3.0) == 37.0
    assert allowance([40.0], [90.0], startup=3.0) == 20.0
