import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.effects.combine import half_width
from mlx_asv.verdicts.inference import detectable, p_values, q_values, standard_error, upper
from scipy import stats

effects, errors = st.floats(-2, 2), st.floats(1e-4, 1)
dfs = st.floats(0.5, 200)


def array(*values):
    """Of floats."""
    return np.array(values, dtype=float)


@given(effects, errors, dfs)
def test_standard_error_is_the_intervals(effect, error, df):
    """It comes back from the interval that was made of it."""
    half = half_width(array(error), array(df), 0.95)
    found = standard_error(effect - half, effect + half, array(df))
    assert found[0] == pytest.approx(error, rel=1e-3, abs=1e-9)


@given(effects, errors, dfs)
def test_p_value_agrees_with_the_interval(effect, error, df):
    """p is under 5 % where the 95 % interval excludes zero, and is scipy's."""
    half = half_width(array(error), array(df), 0.95)[0]
    p = p_values(array(effect), array(error), array(df), array(1))[0]
    if abs(abs(effect) - half) > 1e-9:
        assert (p < 0.05) == (abs(effect) > half)
    assert p == pytest.approx(2 * stats.t(df).sf(abs(effect) / error), abs=1e-12)


@pytest.mark.parametrize(
    ("effect", "error", "df", "p"),
    [(0.5, math.inf, 0, 1), (0.5, math.inf, 3, 1), (0.5, 0, 3, 0), (0, 0, 3, 1), (0, 0.1, 3, 1)],
)
def test_p_value_of_what_is_degenerate(effect, error, df, p):
    """Nothing known is no evidence; no spread at all is, unless nothing changed."""
    assert p_values(array(effect), array(error), array(df), array(1)).tolist() == [p]


def test_p_value_of_a_choice_is_larger():
    """As many times as there were others to choose from, but no more than 1."""
    p = p_values(array(0.1, 0.1, 0.1), array(0.03, 0.03, 0.03), array(9, 9, 9), array(1, 4, 1000))
    assert p[1] == pytest.approx(4 * p[0])
    assert p[2] == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_values_are_benjamini_and_hochbergs(p):
    """The largest k with p_(k) <= k q / n: the ones up to it have at most this q."""
    q = q_values(np.array(p))
    ranked = sorted(p)
    passing = [value for k, value in enumerate(ranked, 1) if value <= 0.05 * k / len(p) - 1e-12]
    assert {value for value in p if passing and value <= max(passing)} <= {
        value for value, each in zip(p, q, strict=True) if each <= 0.05
    }
    assert (q >= np.array(p) - 1e-12).all()


def test_q_values_of_nothing():
    """No comparisons, no q-values."""
    assert q_values(np.array([])).size == 0


@pytest.mark.parametrize("error", [0.001, 0.02, 0.1])
@pytest.mark.parametrize("df", [2.0, 4.0, 30.0])
def test_change_of_the_detectable_size_is_found_in_80_percent(error, df):
    """Drawn: an estimate that is over the threshold and excludes zero, 80 times of 100."""
    threshold, ones = math.log(1.03), array(1)
    size = detectable(array(error), array(df), threshold, ones)[0]
    reach = half_width(array(error), array(df), 0.95)[0]
    estimates = size + error * stats.t(df).rvs(20_000, random_state=1)
    found = (estimates > threshold) & (estimates > reach)
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_detectable_size_is_blooms_without_a_threshold():
    """(t_.975 + t_.8) standard errors; infinite where nothing is known."""
    t = stats.t(5).ppf([0.975, 0.8]).sum()
    found = detectable(array(0.1, math.inf, math.inf), array(5, 5, 0), 0.0, array(1, 1, 1))
    assert found.tolist() == pytest.approx([0.1 * t, math.inf, math.inf])


def test_upper_end_of_one_of_many():
    """97.5 % for one; further out for one of many."""
    assert upper(array(1, 5)).tolist() == pytest.approx([0.975, 0.995])
