import math

import polars as pl
import pytest
from mlx_asv.effects.changes import effects
from mlx_asv.effects.lives import SUBJECT, life_levels
from mlx_asv.effects.series import SERIES, anchors, series

from tests.effects.synthetic import Sweep, releases

MLX, COMPILED, TORCH = "mlx_cpu", "mlx_cpu_compile", "torch"
QUIET = Sweep(1, noise=0.002, slowdown=1.0)


def test_two_half_sweeps_line_up_with_a_whole_one():
    """Half of the releases measured later, on a machine 1.7 times as fast: the same series."""
    truth = releases(6, 0.05) | releases(6, 0.1, COMPILED) | {(TORCH, "2.13"): 3e-3}
    early = {arm for arm in truth if arm[1] in ("v1", "v2", "v3", "2.13")}
    late = {arm for arm in truth if arm[1] in ("v1", "v4", "v5", "v6", "2.13")}
    halves = [
        QUIET.but(groups=[sorted(early)]).observe(truth),
        QUIET.but(seed=2, name="2026-06-01", speed=1.7, groups=[sorted(late)]).observe(truth),
    ]
    whole, apart = (
        series(life_levels(observed)) for observed in (QUIET.observe(truth), pl.concat(halves))
    )
    assert whole.schema == SERIES
    assert whole["value"].to_list() == pytest.approx(apart["value"].to_list(), rel=0.01)
    for row in apart.to_dicts():
        arm = (row["backend"], row["label"])
        assert row["value"] == pytest.approx(truth[arm], rel=0.01)
        assert row["low"] <= row["value"] <= row["high"]
        assert row["sweeps"] == (arm in early) + (arm in late)
        assert row["replicates"] == 3 * row["sweeps"]
        if arm not in early:
            assert row["raw"] == pytest.approx(truth[arm] / 1.7, rel=0.01)


def test_interval_is_that_of_the_effect():
    """The anchor is a convention: it has no error."""
    levels = life_levels(Sweep(3, benchmarks=("Sum", "Sort")).observe(releases(4, 0.05)))
    both = series(levels).join(effects(levels), on=(*SUBJECT, "backend", "label"), suffix="_log")
    for row in both.to_dicts():
        ratio = math.exp(row["low_log"] - row["effect"])
        assert row["low"] / row["value"] == pytest.approx(ratio)
        assert row["raw"] == row["value_log"]
    reference = both.filter(role="reference")
    assert reference["low"].equals(reference["high"], check_names=False)


def test_anchor_is_the_reference_in_its_first_sweep():
    """The median of its replicates there, each with its own median; later sweeps leave it."""
    first, later = Sweep(4).observe(releases(2)), Sweep(5, "2026-06-01").observe(releases(2))
    expected = (first.filter(role="reference").group_by("replicate").agg(pl.col("value").median()))[
        "value"
    ].median()
    for observed in (first, pl.concat([later, first])):
        assert anchors(life_levels(observed))["anchor"].to_list() == [expected]


def test_each_backend_has_its_own_anchor():
    """And a control that of the reference arm it is compared with."""
    truth = releases(2) | {(COMPILED, "v1"): 5e-3, (TORCH, "2.13"): 7e-3}
    found = series(life_levels(QUIET.observe(truth)))
    assert dict(zip(found["backend"] + found["label"], found["value"], strict=True)) == {
        backend + label: pytest.approx(seconds, rel=0.01)
        for (backend, label), seconds in truth.items()
    }


def test_unknown_spread_is_an_open_interval():
    """A single replicate, alone: anything from nothing to for ever."""
    found = series(life_levels(QUIET.but(replicates=1).observe(releases(2)))).filter(label="v2")
    assert found.select("low", "high").rows() == [(0.0, math.inf)]


def test_nothing_measured():
    """No levels, no series, of the right kind."""
    nothing = series(life_levels(QUIET.observe(releases(2))).clear())
    assert nothing.schema == SERIES
    assert nothing.is_empty()
