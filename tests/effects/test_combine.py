import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.effects.combine import combine, huber_mean, own_variance
from mlx_asv.effects.moderate import fit_priors
from mlx_asv.metric import TIME

from tests.effects import plain

NAN = math.nan


def known(values, prior=1e-4, prior_df=4.0, error=NAN, confidence=0.95):
    """One series with a prior."""
    one = [np.array([float(v)]) for v in (prior, prior_df, TIME.floor, error)]
    found = combine(np.array([values], dtype=float), *one, confidence)
    return found.mean[0], found.low[0], found.high[0]


def replicates(kind, rng, series, count):
    """Log ratios (series, replicates) around 0; series differ in noise, 1 % on average."""
    sd = 0.01 * np.exp(rng.normal(0, 0.4, (series, 1)))
    if kind == "heavy":
        return sd * rng.standard_t(3, (series, count))
    values = sd * rng.normal(size=(series, count))
    if kind == "bimodal":
        values[rng.random(values.shape) < 0.05] += 0.3
    return values


def intervals(values):
    """The series combined, all of one backend and duration."""
    count = len(values)
    variance, df = own_variance(values)
    alike = [(("a",),)] * count
    prior = fit_priors(variance, df, alike).of(alike)
    return combine(values, *prior, np.full(count, TIME.floor), np.full(count, NAN))


def covered(values):
    """The share of the series whose interval has the truth, 0, in it."""
    found = intervals(values)
    return np.mean((found.low <= 0) & (found.high >= 0))


# -- the plain code agrees -------------------------------------------------------------------

VALUES = st.lists(st.one_of(st.floats(-1, 1), st.sampled_from([0.0, 0.5])), min_size=1, max_size=9)


@given(values=VALUES, spread=st.floats(0.005, 1))
def test_mean_is_where_the_pulls_balance(values, spread):
    """Huber's equation is solved, for ties and for halves that are far apart too."""
    found = huber_mean(np.array([values]), np.array([spread]))[0]
    assert found == pytest.approx(plain.huber_mean(values, spread), abs=1e-6)


@given(
    series=st.lists(VALUES, min_size=1, max_size=4),
    prior=st.floats(1e-6, 1e-2),
    prior_df=st.one_of(st.just(0.0), st.floats(0.1, 100)),
    error=st.one_of(st.just(NAN), st.floats(0, 0.1)),
    confidence=st.sampled_from([0.9, 0.95, 0.99]),
)
def test_combined_is_the_plain_one(series, prior, prior_df, error, confidence):
    """Series of different lengths, in one table, have the mean and interval of the plain code."""
    longest = max(map(len, series))
    table = np.array([values + [NAN] * (longest - len(values)) for values in series])
    columns = (np.full(len(series), value) for value in (prior, prior_df, 0.005, error))
    found = combine(table, *columns, confidence)
    for row, values in enumerate(series):
        expected = plain.combine(
            values, prior, prior_df, None if math.isnan(error) else error, confidence
        )
        assert (found.mean[row], found.low[row], found.high[row]) == pytest.approx(
            expected, abs=1e-6, rel=1e-6
        )


# -- coverage --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 5, 10])
@pytest.mark.parametrize("kind", ["normal", "heavy", "bimodal"])
def test_intervals_cover(kind, count):
    """95 % intervals have the truth in them 92 to 99 times of 100: many series, any noise."""
    rng = np.random.default_rng(1)
    coverage = np.mean([covered(replicates(kind, rng, 300, count)) for _ in range(20)])
    assert 0.92 <= coverage <= 0.99


@pytest.mark.parametrize("count", [3, 5, 10])
@pytest.mark.parametrize("kind", ["normal", "heavy", "bimodal"])
@pytest.mark.parametrize("series", [1, 3, 12])
def test_intervals_of_few_series_cover(kind, count, series):
    """Nor do they promise too much where there is little to learn the prior from."""
    rng = np.random.default_rng(2)
    coverage = np.mean(
        [covered(replicates(kind, rng, series, count)) for _ in range(900 // series)]
    )
    assert 0.92 <= coverage <= 0.999


@pytest.mark.parametrize(("kind", "least"), [("normal", 0.92), ("heavy", 0.92), ("bimodal", 0.88)])
def test_intervals_of_single_replicates_cover(kind, least):
    """The prior, learnt from series with three replicates, covers those with one as well.

    But a life that went wrong has no other to be told by: those 5 % are lost.
    """
    rng = np.random.default_rng(3)
    coverage = []
    for _ in range(20):
        values = replicates(kind, rng, 300, 3)
        values[:100, 1:] = NAN
        found = intervals(values)
        coverage.append(np.mean(((found.low <= 0) & (found.high >= 0))[:100]))
    assert least <= np.mean(coverage) <= 0.99


def test_moderation_makes_three_replicates_worth_having():
    """With a prior the interval of three replicates is less than half as wide as without."""
    values = replicates("normal", np.random.default_rng(4), 300, 3)
    found = intervals(values)
    alone = combine(values, *(np.full(300, each) for each in (NAN, 0, TIME.floor, NAN)))
    assert np.mean(found.high - found.low) < 0.6 * np.mean(alone.high - alone.low)


# -- replicates that disagree, or are alone --------------------------------------------------


@pytest.mark.parametrize("prior_df", [0, 1, 4, 100])
def test_one_wrong_life_of_three(prior_df):
    """60 % off: the mean stays with the two, and the interval widens."""
    mean, low, high = known([0.0, 0.004, math.log(1.6)], prior_df=prior_df)
    assert -0.01 < mean < 0.02
    _, low_before, high_before = known([0.0, 0.004, 0.002], prior_df=prior_df)
    assert high - low > 2 * (high_before - low_before)
    assert low < 0 < high


def test_single_replicate_has_the_prior_alone():
    """Its interval is wide, and wider the less the prior knows; it is infinite with no prior."""
    widths = []
    for prior_df in (math.inf, 10, 2, 1):
        mean, low, high = known([0.1], prior_df=prior_df)
        assert mean == 0.1
        widths.append(high - low)
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(2 * 1.96 * 0.01, rel=1e-3)
    assert known([0.1], prior=NAN, prior_df=0) == (0.1, -math.inf, math.inf)


def test_interval_is_never_nought():
    """Replicates that agree exactly are still not known better than the floor."""
    _, low, high = known([0.1, 0.1, 0.1], prior=1e-12, prior_df=100)
    assert high - low > 2 * 1.9 * 0.005 / math.sqrt(3)


def test_error_within_a_life_is_the_least_that_is_believed():
    """Two visits 5 % apart do not become precise because other series are."""
    _, low, high = known([0.0], prior_df=math.inf, error=0.05)
    assert high - low == pytest.approx(2 * 1.96 * 0.05, rel=1e-3)
    assert known([0.0], error=0.001) == known([0.0])


def test_nothing_to_combine():
    """No series, no result."""
    nothing = np.empty(0)
    found = combine(np.empty((0, 0)), nothing, nothing, nothing, nothing)
    assert len(found.mean) == len(found.low) == 0
