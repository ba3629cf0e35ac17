"""What follows from an estimate and its t interval: standard errors, p-values, q-values, power.

All arrays are (comparisons,). Effects and standard errors are in log time.
"""

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from mlx_asv.effects.polish import Floats

#: The confidence of the intervals of verdicts.
CONFIDENCE = 0.95
#: A change of the minimum detectable size is found this often.
POWER = 0.8


def quantile(probability: float | Floats, df: Floats) -> Floats:
    """The quantile of Student's t; infinite on 0 df."""
    with_df = np.where(df > 0, df, 1.0)
    return np.where(df > 0, special.stdtrit(with_df, probability), np.inf)


def upper(choices: Floats) -> Floats:
    """The upper end, as a probability, of the interval of a comparison picked among `choices`."""
    return 1 - (1 - CONFIDENCE) / (2 * choices)


def standard_error(low: Floats, high: Floats, df: Floats) -> Floats:
    """The standard error behind a 95 % t interval; infinite where the interval is."""
    known = (df > 0) & np.isfinite(high - low)
    half = np.where(known, high - low, np.inf) / 2
    return half / np.where(known, quantile((1 + CONFIDENCE) / 2, df), 1.0)


def p_values(effect: Floats, error: Floats, df: Floats, choices: Floats) -> Floats:
    """Two-sided p-values: how often no change at all would look as large, or larger. 1: unknown.

    `choices`: the number of comparisons among which this one was picked by looking, 1 if it was not
    picked. The chance that any of them looks so large is at most so many times larger (Bonferroni).
    """
    known = (df > 0) & np.isfinite(error)
    with np.errstate(divide="ignore", invalid="ignore"):  # no error: infinite, or 0 / 0
        t = np.where(effect == 0, 0.0, np.abs(effect) / error)
    p: Floats = 2 * special.stdtr(np.where(known, df, 1.0), -np.where(known, t, 0.0))
    return np.minimum(1.0, p * choices)


def q_values(p: Floats) -> Floats:
    """q-values (Benjamini & Hochberg 1995): of all comparisons with at most this q, the part q is
    expected to be false."""
    from scipy import stats  # takes half a second: imported only where something is judged

    q: Floats = stats.false_discovery_control(p) if p.size else p
    return q


def detectable(error: Floats, df: Floats, threshold: float | Floats, choices: Floats) -> Floats:
    """The smallest true effect that is found in 80 % of sweeps like this one; log time.

    The estimate must be over the threshold, and its interval clear of zero. An effect is found in
    80 % of sweeps if it is the 80 % quantile of t, in standard errors, over the larger of the two.
    Without the threshold this is Bloom, "Minimum detectable effects" (Evaluation Review 19, 1995):
    (t_.975 + t_.8) * error. It does not include that a change must stand out among many.
    """
    known = np.isfinite(error) & (df > 0)
    error = np.where(known, error, 1.0)
    clear = np.maximum(threshold, quantile(upper(choices), df) * error)
    return np.where(known, clear + quantile(POWER, df) * error, np.inf)
