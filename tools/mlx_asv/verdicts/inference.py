"""What an estimate and its t interval imply: standard errors, p-values, q-values, power.

All arrays are (comparisons,). Effects and standard errors are in log time.
"""

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from mlx_asv.effects.polish import Floats

#: Of the intervals in a verdict.
CONFIDENCE = 0.95
#: A change of the minimum detectable size is found this often.
POWER = 0.8


def quantile(probability: float | Floats, df: Floats) -> Floats:
    """Of Student's t; infinite on 0 df."""
    with_df = np.where(df > 0, df, 1.0)
    return np.where(df > 0, special.stdtrit(with_df, probability), np.inf)


def upper(choices: Floats) -> Floats:
    """The upper end of the interval, as a probability, of a comparison picked among `choices`."""
    return 1 - (1 - CONFIDENCE) / (2 * choices)


def standard_error(low: Floats, high: Floats, df: Floats) -> Floats:
    """The standard error behind a 95 % t interval; infinite where the interval is."""
    known = (df > 0) & np.isfinite(high - low)
    half = np.where(known, high - low, np.inf) / 2
    return half / np.where(known, quantile((1 + CONFIDENCE) / 2, df), 1.0)


def p_values(effect: Floats, error: Floats, df: Floats, choices: Floats) -> Floats:
    """Two-sided: how often no change at all would look like this, or more. 1 if nothing is known.

    `choices`: among how many comparisons this one was picked by looking; 1 if it was not. The
    chance that any of them looks like this is at most so many times as large (Bonferroni).
    """
    known = (df > 0) & np.isfinite(error)
    with np.errstate(divide="ignore", invalid="ignore"):  # no error: infinite, or 0 / 0
        t = np.where(effect == 0, 0.0, np.abs(effect) / error)
    p: Floats = 2 * special.stdtr(np.where(known, df, 1.0), -np.where(known, t, 0.0))
    return np.minimum(1.0, p * choices)


def q_values(p: Floats) -> Floats:
    """Of all with at most this q, that part is expected to be false (Benjamini & Hochberg 1995)."""
    from scipy import stats  # half a second, which whoever judges nothing can do without

    q: Floats = stats.false_discovery_control(p) if p.size else p
    return q


def detectable(error: Floats, df: Floats, threshold: float, choices: Floats) -> Floats:
    """The smallest true effect that is found in 80 % of sweeps like this one; log time.

    The estimate must come out over the threshold and its interval clear of zero, so it lies a
    t quantile (80 %) of standard errors over the larger of the two. Without the threshold this is
    Bloom, "Minimum detectable effects" (Evaluation Review 19, 1995): (t_.975 + t_.8) * error.
    That it must stand out among many comparisons, too, is not in it.
    """
    known = np.isfinite(error) & (df > 0)
    error = np.where(known, error, 1.0)
    clear = np.maximum(threshold, quantile(upper(choices), df) * error)
    return np.where(known, clear + quantile(POWER, df) * error, np.inf)
