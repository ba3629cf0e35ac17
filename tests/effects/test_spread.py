import numpy as np
import polars as pl
import pytest
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.spread import life_priors, life_variances, strata_of

from tests.effects.synthetic import Sweep, releases

CASES = ("Sum", "MatMul")
#: Standard deviation from life to life.
LIFE = 0.02


def measured(**options):
    """Levels of 12 releases on two cases."""
    sweep = Sweep(**{"seed": 1, "life": LIFE, "noise": 1e-4, "benchmarks": CASES} | options)
    return life_levels(sweep.observe(releases(12, 0.05)))


def own(levels):
    """`life_variances` as one frame."""
    arms, variance, df = life_variances(levels)
    return arms.with_columns(pl.Series("variance", variance), pl.Series("df", df))


@pytest.mark.parametrize("replicates", [3, 10])
def test_variance_is_that_of_lives(replicates):
    """Neither what the releases differ by, nor what all arms of a replicate share, is in it."""
    levels = measured(replicates=replicates)
    shared = pl.col("replicate") * 0.3
    found = own(levels.with_columns(pl.col("level") + shared))
    assert found.height == 24 and set(found["df"]) == {replicates - 1}
    assert found["variance"].mean() == pytest.approx(LIFE**2, rel=0.25)
    assert found["variance"].to_list() == pytest.approx(own(levels)["variance"].to_list())


@pytest.mark.parametrize("count", [2, 3, 5])
def test_few_arms_are_not_taken_for_quiet(count):
    """Of two arms each residual is half of the difference: their variance is that of a life."""
    sweep = Sweep(2, life=LIFE, noise=1e-4, replicates=400)
    found = own(life_levels(sweep.observe(releases(count))))
    assert found["variance"].to_numpy() == pytest.approx(np.full(count, LIFE**2), rel=0.25)


def test_a_life_that_went_wrong_is_its_arms_alone():
    """The others' variances stay as they were."""
    levels = measured()
    wrong = (pl.col("label") == "v3") & (pl.col("replicate") == 1)
    found = own(levels.with_columns(pl.col("level") + pl.when(wrong).then(0.5).otherwise(0.0)))
    before = own(levels)
    changed = (found["variance"] / before["variance"]).to_numpy()
    arms = found["label"].to_numpy()
    assert (changed[arms == "v3"] > 20).all()
    assert np.median(changed[arms != "v3"]) == pytest.approx(1, abs=0.2)


def test_one_life_or_one_arm_says_nothing():
    """0 on 0 df; of no levels there are no arms."""
    assert set(own(measured(replicates=1))["df"]) == {0.0}
    alone = own(measured().filter(pl.col("label") == "v1"))
    assert set(alone["df"]) == {0.0} and set(alone["variance"]) == {0.0}
    assert own(measured().clear()).is_empty()


def test_a_noisy_case_is_not_the_measure_of_a_quiet_one():
    """Each case has the prior of its own lives."""
    quiet = measured(life=0.003, benchmarks=("Sum",))
    noisy = measured(life=0.05, benchmarks=("MatMul",))
    levels = pl.concat([quiet, noisy])
    arms, _, _ = life_variances(levels)
    variance, df = life_priors(levels).of(strata_of(arms))
    found = {name: np.sqrt(variance[(arms["benchmark"] == name).to_numpy()]) for name in CASES}
    assert found["Sum"] == pytest.approx(0.003, rel=0.3)
    assert found["MatMul"] == pytest.approx(0.05, rel=0.3)
    assert (df > 2).all()
