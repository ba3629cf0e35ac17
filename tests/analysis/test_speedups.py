from math import log

import polars as pl
import pytest
from mlx_asv.analysis.speedups import speedups
from mlx_asv.effects.lives import life_levels
from mlx_asv.observations.check import checked
from mlx_asv.tables import intervals

from tests.effects.synthetic import Sweep
from tests.facts import describe

TRUTH = {
    ("mlx_cpu", "v1"): 1e-3,
    ("mlx_cpu", "v1 (A/A)"): 1e-3,
    ("mlx_cpu", "v2"): 2e-3,
    ("mlx_cpu_compile", "v1"): 1e-3,
    ("mlx_cpu_compile", "v2"): 1e-3,
    ("cpu", "v2"): 3e-3,
    ("numpy", "v2"): 2e-3,
}
NAME = "reductions.Sum.time_forward"


def levels(*changes):
    """The levels of a sweep with two controls, or of several sweeps."""
    sweep = Sweep(
        3, life=0.005, noise=0.01, benchmarks=(NAME,), controls=("cpu", "numpy"), replicates=4
    )
    frames = [checked(sweep.but(**each).observe(TRUTH)) for each in changes or ({},)]
    return life_levels(pl.concat(frames))


def changes(levels, environment="py3.11", releases=None):
    """Of all releases, or of some."""
    found = speedups(levels).filter(environment=environment)
    if releases is not None:
        found = found.filter(pl.col("release").is_in(releases))
    return intervals.changes(found, describe)


@pytest.mark.parametrize(("release", "seconds"), [("v1", 1e-3), ("v2", 2e-3)])
def test_truth_is_in_the_interval(release, seconds):
    """Of each release against each control, which was measured beside another release, and
    against its own compiled self."""
    found = changes(levels())[release]
    true = {
        ("mlx_cpu", "cpu"): 3e-3 / seconds,
        ("mlx_cpu", "numpy"): 2e-3 / seconds,
        ("mlx_cpu_compile", "mlx_cpu"): seconds / 1e-3,
    }
    assert set(found) == {("Sum", "8x8", *pair) for pair in true}
    for pair, ratio in true.items():
        change = found["Sum", "8x8", *pair]
        assert change.low - 0.01 < log(ratio) < change.high + 0.01
        assert 0 < change.half < 0.05


def test_one_release_is_what_it_is_among_all():
    """Nothing else is computed for it."""
    one = changes(levels(), releases=["v2"])
    assert set(one) == {"v2"}
    assert one["v2"] == changes(levels())["v2"]


def test_control_is_the_latest():
    """One value, however many sweeps there are."""
    both = changes(levels({}, {"name": "2026-02-01", "seed": 5}))
    assert {release: len(found) for release, found in both.items()} == {"v1": 3, "v2": 3}


def test_nothing_observed_is_nothing_known():
    """No environment, no release."""
    assert changes(levels(), "py3.12") == {}
    assert changes(levels(), releases=["v9"]) == {}


def test_models_have_the_tables_names():
    """Not the benchmarks'."""
    found = changes(
        levels().with_columns(
            benchmark=pl.lit("models.BertBase.time_forward"), case=pl.lit("characters=50 batch=16")
        )
    )
    assert {key[:2] for key in found["v1"]} == {
        ("bert-base-uncased", "inputs-char-no=50 / batch-size=16")
    }
