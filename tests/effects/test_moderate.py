import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.effects.moderate import (
    ENOUGH_SERIES,
    FEWEST_SERIES,
    NO_PRIOR,
    fit_prior,
    fit_priors,
    inverse_trigamma,
    moderate,
    strata,
)
from mlx_asv.metric import TIME
from scipy import special

from tests.effects import plain


def variances(rng, count, df, prior_df, prior_variance=1e-4):
    """Variances of `count` series on `df`, whose true ones scatter as the prior says."""
    true = np.full(count, prior_variance)
    if math.isfinite(prior_df):
        true = prior_variance * prior_df / rng.chisquare(prior_df, count)
    return true * rng.chisquare(df, count) / df


def full(count, value):
    """An array of one value."""
    return np.full(count, float(value))


# -- the prior -------------------------------------------------------------------------------


@given(value=st.floats(1e-6, 1e6))
def test_trigamma_is_inverted(value):
    """Newton's method finds the argument, of small values and of large."""
    assert special.polygamma(1, inverse_trigamma(value)) == pytest.approx(value, rel=1e-6)


@given(
    series=st.lists(st.tuples(st.floats(1e-8, 1e2), st.integers(1, 12)), min_size=3, max_size=40)
)
def test_prior_is_the_plain_prior(series):
    """Moments of log variances, winsorised: as the plain code has it, for any mix of df."""
    variance, df = (np.array(column, dtype=float) for column in zip(*series, strict=True))
    found = fit_prior(variance, df)
    expected_variance, expected_df = plain.fit_prior(variance.tolist(), df.tolist())
    assert found.variance == pytest.approx(expected_variance, rel=1e-5)
    assert found.df == pytest.approx(expected_df, rel=1e-5)


@pytest.mark.parametrize("prior_df", [2, 4, 10])
@pytest.mark.parametrize("df", [2, 4, 9])
def test_prior_is_recovered(prior_df, df):
    """From many series the prior that they were drawn from is found."""
    rng = np.random.default_rng(1)
    found = fit_prior(variances(rng, 4000, df, prior_df), full(4000, df))
    assert found.variance == pytest.approx(1e-4, rel=0.1)
    assert found.df == pytest.approx(prior_df, rel=0.3)


def test_series_that_vary_alike_share_all_they_know():
    """Then the prior's df are those of all series together, and no more."""
    found = fit_prior(variances(np.random.default_rng(1), 500, 2, math.inf), full(500, 2))
    assert found.df > 50
    assert found.variance == pytest.approx(1e-4, rel=0.1)
    assert fit_prior(full(20, 1e-4), full(20, 2)).df == 40


def test_giants_do_not_wreck_the_prior():
    """One series in twenty whose processes went wrong (30 % off) leaves it nearly as it was."""
    rng = np.random.default_rng(2)
    quiet = variances(rng, 400, 2, 6)
    before = fit_prior(quiet, full(400, 2))
    after = fit_prior(np.where(np.arange(400) < 20, 0.03, quiet), full(400, 2))
    assert after.variance == pytest.approx(before.variance, rel=0.3)
    assert after.df > 2


def test_variances_of_nought():
    """A coarse timer makes some, or all, replicates equal: the floor takes over."""
    some = np.array([0, 0, *full(20, 1e-4)])
    assert 0 < fit_prior(some, full(22, 2)).variance < 1e-3
    prior = fit_prior(full(20, 0), full(20, 2))
    known = full(1, prior.variance), full(1, prior.df)
    for floor in (TIME.floor, 0.001):
        sd, _ = moderate(full(1, 0), full(1, 2), *known, full(1, floor))
        assert sd == [floor]


def test_single_replicates_say_nothing():
    """Series on 0 df neither count nor harm."""
    variance = np.array([1e-4, 2e-4, 3e-4, 5.0])
    assert fit_prior(variance, np.array([2.0, 2, 2, 0])) == fit_prior(variance[:3], full(3, 2))
    assert fit_prior(full(5, 0), full(5, 0)) is NO_PRIOR


# -- strata ----------------------------------------------------------------------------------


def test_strata_go_from_a_case_to_a_backend():
    """A case on a backend, the backend's decade of the metric, the backend, the metric."""
    cases, metrics = [("Sum", "8x8"), ("Sum", "8x8")], ["time", "error"]
    found = strata(cases, metrics, ["a", "b"], np.array([1.5e-4, 0.0]))
    assert found[0] == (("Sum", "8x8", "a"), ("time", "a", -4), ("time", "a"), ("time",))
    assert found[1] == (("Sum", "8x8", "b"), ("error", "b", 0), ("error", "b"), ("error",))


def test_prior_is_that_of_the_narrowest_stratum():
    """One case of a backend varies ten times as much as its others."""
    rng = np.random.default_rng(3)
    n = 200
    alike = [(("noisy", "a"), ("a",))] * n + [(("quiet", "a"), ("a",))] * n
    variance = variances(rng, 2 * n, 2, 6) * np.repeat([100, 1], n)
    priors = fit_priors(variance, full(2 * n, 2), alike)
    found, _ = priors.of([alike[0], alike[-1]])
    assert found == pytest.approx([1e-2, 1e-4], rel=0.4)


def test_few_series_borrow_from_the_backend_then_from_all():
    """A stratum needs ten series with two replicates for a prior of its own."""
    few, many = ENOUGH_SERIES - 1, 40
    small, large, other = (((case, name), (name,), ()) for case, name in ("1a", "2a", "1b"))
    alike = [small] * few + [large] * many + [other] * few
    variance = np.concatenate([full(few, 1e-2), full(many, 1e-4), full(few, 1e-6)])
    df = full(len(variance), 2)
    priors = fit_priors(variance, df, alike)
    of_a, of_all = fit_prior(variance[:-few], df[:-few]), fit_prior(variance, df)
    found, _ = priors.of([small, large, other, (("never", "seen"), ())])
    of_large = fit_prior(full(many, 1e-4), full(many, 2))
    assert found.tolist() == [each.variance for each in (of_a, of_large, of_all, of_all)]


def test_two_series_are_no_prior():
    """Nothing is borrowed from a single other series."""
    for count in range(FEWEST_SERIES + 1):
        priors = fit_priors(full(count, 1e-4), full(count, 2), [(("a",),)] * count)
        assert (priors.of([(("a",),)])[1] > 0) == [count >= FEWEST_SERIES]


# -- moderation ------------------------------------------------------------------------------


@given(
    own=st.floats(0, 1),
    df=st.integers(0, 10),
    prior=st.floats(1e-9, 1),
    prior_df=st.one_of(st.just(0.0), st.floats(0.1, 1e3), st.just(math.inf)),
)
def test_moderated_is_the_plain_weighted_mean(own, df, prior, prior_df):
    """Also where the prior is all or nothing; and never under the floor."""
    prior = prior if prior_df else math.nan
    sd, total = moderate(*(full(1, each) for each in (own, df, prior, prior_df, TIME.floor)))
    assert (sd[0], total[0]) == pytest.approx(plain.moderate(own, df, prior, prior_df))
    assert sd[0] >= TIME.floor
