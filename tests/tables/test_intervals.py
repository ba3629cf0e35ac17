from math import log

import polars as pl
import pytest

from tests.effects.synthetic import Sweep
from tools.observations.check import checked
from tools.tables.intervals import speedup_changes
from tools.tables.speedups import OPERATIONS

TRUTH = {
    ("mlx_cpu", "v1"): 1e-3,
    ("mlx_cpu", "v1 (A/A)"): 1e-3,
    ("mlx_cpu", "v2"): 2e-3,
    ("cpu", "v2"): 3e-3,
    ("numpy", "v2"): 2e-3,
}
NAME = "reductions.Sum.time_forward"


def observed(**changes):
    """A sweep with two controls."""
    sweep = Sweep(
        3, life=0.005, noise=0.01, benchmarks=(NAME,), controls=("cpu", "numpy"), replicates=4
    )
    return checked(sweep.but(**changes).observe(TRUTH))


@pytest.mark.parametrize(("release", "seconds"), [("v1", 1e-3), ("v2", 2e-3)])
def test_truth_is_in_the_interval(release, seconds):
    """Of each release against each control, which was measured beside another release."""
    found = speedup_changes(observed(), "py3.11", release, OPERATIONS)
    assert set(found) == {("Sum", "8x8", "mlx_cpu", other) for other in ("cpu", "numpy")}
    for other, true in (("cpu", 3e-3), ("numpy", 2e-3)):
        change = found["Sum", "8x8", "mlx_cpu", other]
        assert change.low - 0.01 < log(true / seconds) < change.high + 0.01
        assert 0 < change.half < 0.05


def test_control_is_the_latest():
    """One value, however many sweeps there are."""
    both = pl.concat([observed(), observed(name="2026-02-01", seed=5)])
    assert len(speedup_changes(both, "py3.11", "v2", OPERATIONS)) == 2


def test_nothing_observed_is_nothing_known():
    """No environment, no release."""
    assert speedup_changes(observed(), "py3.12", "v2", OPERATIONS) == {}
    assert speedup_changes(observed(), "py3.11", "v9", OPERATIONS) == {}
