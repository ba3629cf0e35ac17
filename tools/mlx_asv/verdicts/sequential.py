"""When a pair of releases is decided: a look at its replicates after each of them.

Whoever looks often, and stops when there is something to be seen, sees what is not there. So
each look gets a part of the errors that are allowed in all (Lan & DeMets, Biometrika 1983), and
the intervals of all looks hold together (repeated confidence intervals: Jennison & Turnbull,
J. R. Stat. Soc. B 1989). Of what is allowed from look `first` on, look n spends the part

    (first - 1) / (n (n - 1)),    which sums to 1 over n = first, first + 1, ...

so it needs no last look to be known. That the looks are not independent is not used: the bound is
Boole's.

An interval is Student's t of the trimmed mean (Tukey & McLaughlin, Sankhya A 1963; Yuen,
Biometrika 1974): of seven replicates the lowest and the highest do not count, of fourteen two on
either side, for a few lives of some cases go wrong by a third. With every life in twenty of either
release like that, a change of 5 % is found in 99 of 100 pairs, and in 60 if all count. It costs
normal replicates of 1 % scatter 0.2 replicates, and of 2 % 1.5. Below seven, t is exact for normal
replicates whatever their standard deviation; with more, simulated, equal releases that scatter
without bounds are called slower 0.7 times in 1,000 where 1 is allowed.

Tried against the mixture t-test of Wang & Ramdas (2023), which is valid at all times as well:
for a change of 2.5 standard deviations of a replicate that takes 8.6 to 9.9 replicates, as it is
tuned, and parts of 1/n² without trimming 8.6; for one of 5 it takes 5.7 to 6.0 and they 5.4; for
one of 10 4.4 to 5.1 and they 4.2.
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

#: Of so many replicates one at either end is left out.
TRIMMED = 7


@dataclass(frozen=True)
class StoppingRule:
    """What it takes to decide on a change of a metric."""

    #: A change that matters, on the metric's scale; None: the metric's own threshold.
    chosen: float | None = None
    #: How often equal releases may be called worse, such as `slower`, and how often better.
    false_alarms: float = 0.001
    #: How often the interval that is published has the truth in it, however long it was looked at.
    confidence: float = 0.95
    #: Replicates after which nothing is expected of more.
    most: int = 30
    #: A change is claimed on no fewer: a few lives in a hundred of some cases are a third slower,
    #: and three of them in a row agree too well. It costs no replicates; of equal releases with
    #: 5 % of such lives 3 in 1,000,000 are called slower instead of 100.
    fewest_for_a_change: int = 4
    metric: Metric = TIME

    @property
    def threshold(self) -> float:
        """A change that matters, on the metric's scale."""
        return self.metric.matters_from(self.chosen)

    def of(self, metric: Metric) -> "StoppingRule":
        """The same for another metric."""
        return replace(self, metric=metric)


@dataclass(frozen=True)
class Look:
    """What the replicates say so far: the trimmed mean log ratio, and the interval to publish.

    The interval is infinite below FEWEST replicates, and `effect` NaN without any. `decision` is
    None where it takes more of them.
    """

    effect: float
    low: float
    high: float
    replicates: int
    decision: str | None
    #: The smallest true change that is called worse in 80 % of runs that scatter like this, on
    #: so many replicates, or on the fewest that it takes; infinite if nothing is known.
    detectable: float = inf


def look(ratios: Sequence[float], rule: StoppingRule) -> Look:
    """Look at the effects, such as log ratios after / before, of the replicates so far.

    `slower`, or what the metric calls it: the mean is over the threshold, and an interval that is
    above zero once in a thousand (`false_alarms`) says that there is a change at all. `faster`
    likewise. `same`: the published interval is inside the threshold on both sides.
    `inconclusive`: none of it after `most`.
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
    """Of so many replicates, or as many more as it takes to claim a change; see Look."""
    if not isfinite(error):
        return inf
    needed = max(count, rule.fewest_for_a_change)
    error *= sqrt(count / needed)
    alarm = error * critical(needed, rule.false_alarms, rule.fewest_for_a_change)
    return max(rule.threshold, alarm) + error * _quantile(needed, POWER)


def trimmed(values: Sequence[float], floor: float) -> tuple[float, float]:
    """The trimmed mean, NaN of no values, and its standard error.

    The error is that of the winsorised values: those left out count as if they were the outermost
    that are not. Their standard deviation is not believed to be less than `floor`: a few
    replicates agree by chance, or because a timer ticks coarsely.
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
