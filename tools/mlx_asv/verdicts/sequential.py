"""When a pair of releases is decided: a look at its replicates after each of them.

Whoever looks often, and stops when there is something to be seen, sees what is not there. So
each look gets a part of the errors that are allowed in all (Lan & DeMets, Biometrika 1983), and
the intervals of all looks hold together (repeated confidence intervals: Jennison & Turnbull,
J. R. Stat. Soc. B 1989). Of the errors allowed from look `first` on, look n spends the part

    (first - 1) / (n (n - 1)),    whose sum over n = first, first + 1, ... is 1

so the number of looks need not be known. Looks depend on each other; the bound, which is Boole's,
does not use that.

An interval is Student's t of the trimmed mean (Tukey & McLaughlin, Sankhya A 1963; Yuen,
Biometrika 1974): of seven replicates the lowest and the highest do not count, of fourteen the two
lowest and the two highest. The reason: a few lives of some cases are wrong by a third. If one life
in twenty of either release is, trimming finds a change of 5 % in 99 of 100 pairs, and in 60 without
it. Normal replicates that scatter by 1 % need 0.2 replicates more for that, by 2 % 1.5 more. Below
seven replicates t is exact for normal ones, whatever their standard deviation; above, in
simulations, equal releases with any scatter are called slower 0.7 times in 1,000; 1 is allowed.

The mixture t-test of Wang & Ramdas (2023) allows any number of looks, too. Replicates that it takes
(by its tuning), and that the rule above takes without trimming, for a change of 2.5, 5 and 10
standard deviations of a replicate: 8.6 to 9.9 and 8.6; 5.7 to 6.0 and 5.4; 4.4 to 5.1 and 4.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import inf, isfinite, nan, sqrt
from statistics import fmean

from scipy import special  # type: ignore[import-untyped]

from mlx_asv.metric import TIME, Metric

from .inference import POWER
from .verdict import Verdict

#: Nothing is decided on fewer replicates.
FEWEST = 3

#: For every so many replicates the lowest and the highest one are left out.
TRIMMED = 7


@dataclass(frozen=True)
class StoppingRule:
    """The conditions under which a change of a metric is decided."""

    #: A change that matters, on the metric's scale; None: the metric's own threshold.
    chosen: float | None = None
    #: How often equal releases may be called worse, such as `slower`, and how often better.
    false_alarms: float = 0.001
    #: How often the interval that is shown has the truth in it, after any number of looks.
    confidence: float = 0.95
    #: The most replicates: from more of them nothing is expected.
    most: int = 30
    #: The fewest replicates on which a change is claimed: in some cases a few lives in a hundred
    #: are a third slower, and three such lives in a row agree too well. This costs no replicates;
    #: of equal releases with 5 % of such lives 3 in 1,000,000 are called slower, instead of 100.
    fewest_for_a_change: int = 4
    metric: Metric = TIME

    @property
    def threshold(self) -> float:
        """The smallest change that matters, on the metric's scale."""
        return self.metric.matters_from(self.chosen)

    def of(self, metric: Metric) -> "StoppingRule":
        """This rule for another metric."""
        return replace(self, metric=metric)


@dataclass(frozen=True)
class Look:
    """The trimmed mean log ratio of the replicates so far, its interval, and the decision.

    The interval is infinite for fewer than FEWEST replicates, and `effect` NaN for none. `decision`
    is None where it takes more replicates.
    """

    effect: float
    low: float
    high: float
    replicates: int
    decision: str | None
    #: The smallest true change that is called worse in 80 % of runs with this scatter and this
    #: number of replicates, or the fewest that a change needs; infinite if nothing is known.
    detectable: float = inf


def look(ratios: Sequence[float], rule: StoppingRule) -> Look:
    """Look at the effects, such as log ratios after / before, of the replicates so far.

    `slower`, or the metric's own word: the mean is over the threshold, and the interval that is
    above zero for one of a thousand equal pairs (`false_alarms`) is above zero. `faster`: the same
    below zero. `same`: the interval that is shown is inside the threshold on both sides.
    `inconclusive`: none of these after `most` replicates.
    """
    count = len(ratios)
    effect, error = trimmed(ratios, rule.metric.floor)
    half = error * critical(count, (1 - rule.confidence) / 2, FEWEST)
    first = rule.fewest_for_a_change
    alarm = error * critical(count, rule.false_alarms, first)
    decision: str | None = None
    if abs(effect) > max(rule.threshold, alarm):
        worse = effect * rule.metric.sign > 0
        decision = rule.metric.worse if worse else rule.metric.better
    elif abs(effect) + half < rule.threshold:
        decision = Verdict.SAME
    elif count >= rule.most:
        decision = Verdict.INCONCLUSIVE
    low, high = (effect - half, effect + half) if isfinite(half) else (-inf, inf)
    return Look(effect, low, high, count, decision, _detectable(error, count, rule))


def _detectable(error: float, count: int, rule: StoppingRule) -> float:
    """`detectable` of a Look, of `count` replicates or the fewest that a change needs."""
    if not isfinite(error):
        return inf
    needed = max(count, rule.fewest_for_a_change)
    error *= sqrt(count / needed)
    alarm = error * critical(needed, rule.false_alarms, rule.fewest_for_a_change)
    return max(rule.threshold, alarm) + error * _quantile(needed, POWER)


def trimmed(values: Sequence[float], floor: float) -> tuple[float, float]:
    """The trimmed mean, NaN of no values, and its standard error.

    The error is that of the winsorised values: a value that is left out counts as the outermost
    value that is not. Their standard deviation is taken to be at least `floor`: a few replicates
    may agree by chance, or because a timer ticks coarsely.
    """
    count, out = len(values), _left_out(len(values))
    left = sorted(values)[out : count - out]
    if len(left) < 2:
        return (left[0] if left else nan), inf
    winsorised = [*left[:1] * out, *left, *left[-1:] * out]
    middle = fmean(winsorised)
    squares = sum((value - middle) ** 2 for value in winsorised)
    error = sqrt(squares / (len(left) * (len(left) - 1)))
    return fmean(left), max(error, floor / sqrt(count))


@cache
def critical(count: int, error: float, first: int) -> float:
    """Standard errors from the mean to the end of an interval at look `count`, infinite before
    `first`, so that the intervals of all looks from `first` on are too low, any of them, with a
    probability of `error` at most, and too high likewise.
    """
    if count < first:
        return inf
    part = error * (first - 1) / (count * (count - 1))
    return _quantile(count, 1 - part)


def _quantile(count: int, probability: float) -> float:
    """Of Student's t, on the degrees of freedom of a trimmed mean of `count`."""
    return float(special.stdtrit(count - 2 * _left_out(count) - 1, probability))


def _left_out(count: int) -> int:
    """At either end."""
    return count // TRIMMED
