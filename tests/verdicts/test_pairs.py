import itertools
import math

import polars as pl
import pytest
from mlx_asv.effects.changes import adjacent, contrasts, pool
from mlx_asv.effects.lives import life_levels
from mlx_asv.verdicts.inference import p_values
from mlx_asv.verdicts.pairs import BEST, COMPARISONS, STEP, best_so_far, comparisons, later, steps

from tests.effects.synthetic import Sweep
from tests.verdicts.truth import COMPILED, MANY, MLX, QUIET, TORCH, levels, order


def pairs(frame):
    """Its pairs of releases, as they come."""
    return list(zip(frame["before"], frame["after"], strict=True))


def test_each_release_is_compared_with_the_one_before():
    """And the latest with the best, once for each series, in order of the releases."""
    truth = levels(0.1, -0.2, *[0.1] * 8) | levels(0.1, backend=COMPILED)
    found = comparisons(pool(life_levels(QUIET.observe(truth))), order(11))
    assert found.schema == COMPARISONS
    one = found.filter(benchmark=MANY[0], backend=MLX)
    tags = order(11)
    assert pairs(one.filter(comparison=STEP)) == list(itertools.pairwise(tags))
    assert pairs(one.filter(comparison=BEST)) == [("v3", "v11")]
    assert pairs(found.filter(benchmark=MANY[0], backend=COMPILED)) == [("v1", "v2")] * 2


def test_controls_and_twins_are_not_compared():
    """Neither changes with the release, though a control's label may."""
    truth = levels(0.1) | {(MLX, "v1 (A/A)"): 1e-3, (TORCH, "v1"): 3e-3}
    later_truth = levels(0.1) | {(TORCH, "v2"): 3e-3}
    again = QUIET.but(name="2026-02", reference="v2").observe(later_truth)
    found = comparisons(pool(life_levels(pl.concat([QUIET.observe(truth), again]))), order(2))
    assert set(found["backend"]) == {MLX}
    assert set(pairs(found)) == {("v1", "v2")}


def test_release_that_was_not_measured_is_passed_over():
    """For each series by itself."""
    observed = QUIET.observe(levels(0.0, 0.0, 0.0))
    missing = (pl.col("label") == "v2") & (pl.col("benchmark") == MANY[0])
    found = steps(pool(life_levels(observed.filter(~missing))), order(4))
    assert pairs(found.filter(benchmark=MANY[0])) == [("v1", "v3"), ("v3", "v4")]
    assert len(found.filter(benchmark=MANY[1])) == 3


def test_arm_that_was_skipped_has_no_row():
    """What could not be measured is no comparison, whatever the others are."""
    observed = QUIET.observe(levels(0.0, 0.0))
    lost = pl.col("label") == "v2"
    observed = observed.with_columns(
        pl.when(lost).then(pl.lit("skipped")).otherwise("outcome").alias("outcome"),
        pl.when(~lost).then("value").alias("value"),
    )
    assert set(pairs(steps(pool(life_levels(observed)), order(3)))) == {("v1", "v3")}


def test_another_version_is_another_series():
    """There is no step from the last release of one to the first of the other."""
    observed = QUIET.observe(levels(0.0, 1.0, 0.0))
    is_new = pl.col("label").is_in(["v3", "v4"])
    version = pl.when(is_new).then(pl.lit("2")).otherwise("version").alias("version")
    reference = observed.filter(label="v1").with_columns(version=pl.lit("2"))
    split = pl.concat([observed.with_columns(version), reference])
    found = comparisons(pool(life_levels(split)), order(4)).filter(benchmark=MANY[0])
    assert pairs(found.filter(version="1", comparison=STEP)) == [("v1", "v2")]
    assert ("v2", "v3") not in pairs(found)


def test_one_release_is_compared_with_nothing():
    """There is nothing before it."""
    found = comparisons(pool(life_levels(QUIET.observe(levels()))), order(1))
    assert found.is_empty()
    assert found.schema == COMPARISONS


def test_best_allows_for_having_been_chosen():
    """Its interval is that of one of so many; and the p-value agrees with it."""
    observed = life_levels(QUIET.observe(levels(*[0.0] * 7)))
    best, step = best_so_far(pool(observed), order(8)), steps(pool(observed), order(8))
    assert set(best["choices"]) == {7}
    widths = [(frame["high"] - frame["low"]).median() for frame in (best, step)]
    assert widths[0] > 1.3 * widths[1]
    p = p_values(*(best[name].to_numpy() for name in ("effect", "error", "df", "choices")))
    excludes = (best["low"] > 0) | (best["high"] < 0)
    assert ((p < 0.05) == excludes.to_numpy()).all()


def test_best_is_rarely_found_better_by_luck():
    """Of 120 series of 8 equal releases, the intervals of at most a twentieth exclude zero."""
    names = tuple(f"ops.Operation{n}" for n in range(120))
    sweep = Sweep(5, life=0.01, noise=0.01, blocks=8, benchmarks=names)
    best = best_so_far(pool(life_levels(sweep.observe(levels(*[0.0] * 7)))), order(8))
    assert ((best["low"] > 0) | (best["high"] < 0)).sum() <= 6


def test_best_is_one_of_which_something_is_known():
    """A single life that was lucky is no candidate while there are releases with more."""
    sweep = Sweep(2, benchmarks=("ops.Sum",), replicates=2)
    observed = sweep.observe(levels(0.0, 0.0))
    lucky = (pl.col("label") == "v2") & (pl.col("replicate") == 0)
    seconds = pl.when(pl.col("label") == "v2").then(pl.col("value") / 2).otherwise("value")
    once = observed.with_columns(seconds).filter(lucky | (pl.col("label") != "v2"))
    (row,) = best_so_far(pool(life_levels(once)), order(3)).to_dicts()
    assert (row["before"], row["after"]) == ("v1", "v3")
    assert math.isfinite(row["low"])


def test_later_releases_of_a_regression():
    """All after it in the same series, with the level before it."""
    observed = life_levels(QUIET.observe(levels(0.0, 0.5, 0.0, 0.0)))
    step = steps(pool(observed), order(5)).filter(benchmark=MANY[0], after="v3")
    found = later(observed, step, order(5)).sort("position")
    assert found.select("before_label", "after_label", "position").rows() == [
        ("v2", "v4", 3),
        ("v2", "v5", 4),
    ]


@pytest.mark.parametrize("count", [3, 10])
def test_error_is_that_of_the_interval(count):
    """The standard error of a pair that met is sd / sqrt(replicates)."""
    observed = life_levels(QUIET.but(replicates=count).observe(levels(0.1, 0.1)))
    plain = contrasts(pool(observed), adjacent(observed, order(3)))
    error = (plain["sd"] / plain["replicates"].sqrt()).sort().to_list()
    assert steps(pool(observed), order(3))["error"].sort().to_list() == pytest.approx(error)


def test_pair_that_nothing_connects_has_a_row_without_an_effect():
    """Two sweeps with another reference each, and no release in common."""
    old = QUIET.observe(levels(0.0))
    new = QUIET.but(name="2026-06", reference="v3").observe(levels(0.0))
    new = new.with_columns(
        pl.col("label", "release").replace({"v1": "v3", "v2": "v4"}),
        role=pl.when(pl.col("label") == "v1")
        .then(pl.lit("reference"))
        .otherwise(pl.lit("release")),
    )
    both = pool(life_levels(pl.concat([old, new])))
    found = comparisons(both, order(4)).filter(benchmark=MANY[0])
    assert pairs(found) == [("v1", "v2"), ("v2", "v3"), ("v3", "v4"), ("v3", "v4")]
    row = found.filter(after="v3").to_dicts()[0]
    assert (row["effect"], row["low"], row["high"]) == (None, -math.inf, math.inf)
    assert (row["replicates"], row["df"], row["paired"]) == (0, 0, False)
    assert found.filter(comparison=BEST)["choices"].to_list() == [1]
