"""When a pair of releases is decided: a look at its replicates after each of them.

Whoever looks often, and stops when there is something to be seen, sees what is not there. So
each look gets a part of the errors that are allowed in all (Lan & DeMets, Biometrika 1983), and
the intervals of all looks hold together (repeated confidence intervals: Jennison & Turnbull,
J. R. Stat. Soc. B 1989). Of what is allowed from look `first` on, look n spends the part

    (first - 1) / (n (n - 1)),    which sums to 1 over n = first, first + 1, ...

so it needs no last look to be known. That the looks are not independent is not used: the bound is
Boole's, and for normal replicates it holds exactly, whatever their standard deviation, which
Student's t does not have to be told.

Tried against the mixture t-test of Wang & Ramdas (2023), which is valid at all times as well: for
a change of 2.5 standard deviations of a replicate that takes 8.6 to 9.9 replicates, as it is tuned,
and this 8.9; for one of 5 it takes 5.7 to 6.0 and this 5.5; for one of 10 4.4 to 5.1 and this 4.2.
Few replicates are what it is for, and parts that fall as 1/n² have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, isinf, log1p, nan, sqrt
from statistics import fmean, stdev
from typing import Literal

from scipy import special  # type: ignore[import-untyped]

from tools.effects.moderate import SD_FLOOR

Decision = Literal["slower", "faster", "same", "inconclusive"]

#: Nothing is decided on fewer replicates.
FEWEST = 3

#: A change is claimed on no fewer: a few lives in a hundred of some cases are a third slower, and
#: three of them in a row agree too well. It costs no replicates; of equal releases with 5 % of such
#: lives 3 in 1,000,000 are called slower instead of 100.
FEWEST_FOR_A_CHANGE = 4


@dataclass(frozen=True)
class Rule:
    """What it takes to decide."""

    #: A change that matters, in log time.
    threshold: float = log1p(0.03)
    #: How often equal releases may be called `slower`, and how often `faster`.
    false_alarms: float = 0.001
    #: How often the interval that is published has the truth in it, however long it was looked at.
    confidence: float = 0.95
    #: Replicates after which nothing is expected of more.
    most: int = 30


@dataclass(frozen=True)
class Look:
    """What the replicates say so far: the mean log ratio, and the interval that is published.

    The interval is infinite below FEWEST replicates, and `effect` NaN without any. `decision` is
    None where it takes more of them.
    """

    effect: float
    low: float
    high: float
    replicates: int
    decision: Decision | None


def look(ratios: Sequence[float], rule: Rule) -> Look:
    """Look at the log ratios after / before of the replicates so far.

    `slower`: the mean is over the threshold, and an interval that is above zero once in a thousand
    (`false_alarms`) says that there is a change at all. `faster` likewise. `same`: the published
    interval is inside the threshold on both sides. `inconclusive`: none of it after `most`.
    """
    count = len(ratios)
    effect = fmean(ratios) if ratios else nan
    half = half_width(ratios, (1 - rule.confidence) / 2, FEWEST)
    alarm = half_width(ratios, rule.false_alarms, FEWEST_FOR_A_CHANGE)
    decision: Decision | None = None
    if effect > max(rule.threshold, alarm):
        decision = "slower"
    elif effect < -max(rule.threshold, alarm):
        decision = "faster"
    elif abs(effect) + half < rule.threshold:
        decision = "same"
    elif count >= rule.most:
        decision = "inconclusive"
    return Look(effect, *_interval(effect, half), count, decision)


def half_width(ratios: Sequence[float], error: float, first: int) -> float:
    """Half of an interval for the mean that, looked at after every replicate from `first` on, is
    at any of these looks too low with a probability of `error` at most, and too high likewise.

    Infinite before `first`. The replicates' standard deviation is not believed to be less than
    SD_FLOOR: a few agree by chance, or because a timer ticks coarsely.
    """
    count = len(ratios)
    if count < first:
        return inf
    return critical(count, error, first) * max(stdev(ratios), SD_FLOOR) / sqrt(count)


@cache
def critical(count: int, error: float, first: int) -> float:
    """Student's t that look `count` takes of `error` in all, on one side."""
    part = error * (first - 1) / (count * (count - 1))
    return float(special.stdtrit(count - 1, 1 - part))


def _interval(effect: float, half: float) -> tuple[float, float]:
    return (-inf, inf) if isinf(half) else (effect - half, effect + half)
