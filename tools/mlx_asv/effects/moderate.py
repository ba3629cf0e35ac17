"""Variances of few replicates, drawn towards those of similar series (empirical Bayes).

Smyth, Linear models and empirical Bayes methods for assessing differential expression in
microarray experiments (2004): the true variances of similar series scatter around a prior
variance s0² as if it had been seen on d0 degrees of freedom; a series with variance s² on d of
its own is given (d0 s0² + d s²) / (d0 + d), on d0 + d. His section 6.2 finds d0 and s0² from the
mean and the variance of log s².
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special  # type: ignore[import-untyped]

from .polish import MAD_TO_SD, Floats

#: A stratum of fewer series takes the prior of a wider one.
ENOUGH_SERIES = 10
#: The widest stratum, all series of a metric, has a prior if it has this many: two are no
#: distribution.
FEWEST_SERIES = 3
#: Log variances further than this many (robust) standard deviations above their median are pulled
#: in: the prior is not about the few giants of processes that went wrong. Below the median twice
#: the distance is allowed: with few df the lower tail is long by nature.
WINSOR = 3.0


@dataclass(frozen=True)
class Prior:
    """The variance that a series is expected to have before its replicates are seen.

    `variance`, on `df`. 0 df: nothing is known; infinite df: all series vary alike.
    """

    variance: float
    df: float


NO_PRIOR = Prior(np.nan, 0.0)

#: What the series of a stratum have in common.
Stratum = tuple[object, ...]


@dataclass(frozen=True)
class Priors:
    """A prior for each stratum that has enough series."""

    by_stratum: Mapping[Stratum, Prior]

    def of(self, strata: Sequence[Sequence[Stratum]]) -> tuple[Floats, Floats]:
        """Prior variance and df, both (series,): of each series' first stratum that has a prior."""
        found = [
            next((self.by_stratum[each] for each in mine if each in self.by_stratum), NO_PRIOR)
            for mine in strata
        ]
        return np.array([p.variance for p in found]), np.array([p.df for p in found])


def strata(
    case: Sequence[Stratum], metric: Sequence[str], backend: Sequence[str], value: Floats
) -> list[tuple[Stratum, ...]]:
    """The strata of each series, from narrow to wide. `value`: a typical one of the series.

    Releases on the same case and backend run the same kernel on the same data, and vary most
    alike: the first stratum. The second is a backend's series of about the same size (the same
    decade), the third all series of the backend, the last all series of the metric.
    """
    size = np.abs(value)
    decades = np.floor(np.log10(size, out=np.zeros_like(size), where=size > 0)).astype(int).tolist()
    return [
        ((*mine, name), (of, name, decade), (of, name), (of,))
        for mine, of, name, decade in zip(case, metric, backend, decades, strict=True)
    ]


def fit_priors(variance: Floats, df: Floats, strata: Sequence[Sequence[Stratum]]) -> Priors:
    """The priors of all strata, from the variances (series,) found on df (series,).

    The last stratum of a series is the widest.
    """
    members: dict[Stratum, list[int]] = {}
    for number in np.flatnonzero(df > 0).tolist():
        for stratum in strata[number]:
            members.setdefault(stratum, []).append(number)
    widest = {mine[-1] for mine in strata}
    found = {
        stratum: fit_prior(variance[mine], df[mine])
        for stratum, mine in members.items()
        if len(mine) >= (FEWEST_SERIES if stratum in widest else ENOUGH_SERIES)
    }
    return Priors(found)


def fit_prior(variance: Floats, df: Floats) -> Prior:
    """The prior that best explains the variances (series,) found on df (series,); 0 df say nothing.

    As limma's fitFDist, but with winsorised log variances. The prior's df are at most the sum of
    all series' df: the pooled variance is not known any better.
    """
    known = df > 0
    variance, df = variance[known], df[known]
    if variance.size == 0:
        return NO_PRIOR
    least = max(1e-5 * float(np.median(variance)), float(np.finfo(np.float64).tiny))
    half = df / 2
    # Were all true variances 1, log s² would have mean digamma(d/2) - log(d/2), variance trigamma.
    logs = np.log(np.maximum(variance, least)) - special.digamma(half) + np.log(half)
    middle = np.median(logs)
    reach = WINSOR * MAD_TO_SD * np.median(np.abs(logs - middle))
    logs = logs.clip(middle - 2 * reach, middle + reach)
    scatter = float(logs.var(ddof=1)) if logs.size > 1 else 0.0
    excess = scatter - float(special.polygamma(1, half).mean())
    if excess <= 0:
        return Prior(float(np.exp(logs.mean())), float(df.sum()))
    half_prior = inverse_trigamma(excess)
    log_variance = logs.mean() + special.digamma(half_prior) - np.log(half_prior)
    return Prior(float(np.exp(log_variance)), min(2 * half_prior, float(df.sum())))


def moderate(
    variance: Floats, df: Floats, prior_variance: Floats, prior_df: Floats, floor: Floats
) -> tuple[Floats, Floats]:
    """Standard deviation, at least its metric's `floor`, and df of each series; all are (series,).

    A series without a variance of its own and without a prior has an infinite one, on 0 df.
    """
    total = prior_df + df
    share = np.where(prior_df > 0, 1.0, 0.0)  # the prior's; all of it where it is infinite
    np.divide(prior_df, total, out=share, where=(prior_df > 0) & np.isfinite(total))
    pooled = np.where(share > 0, share * prior_variance, 0.0) + (1 - share) * variance
    return np.where(total > 0, np.maximum(np.sqrt(pooled), floor), np.inf), total


def inverse_trigamma(value: float) -> float:
    """The x > 0 whose trigamma function is `value` > 0: Newton's method, Smyth's appendix."""
    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(special.polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x
