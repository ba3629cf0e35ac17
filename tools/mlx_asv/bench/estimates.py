"""Estimates whose truth is known, and how good they are: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np

Method = Literal["asv", "sweep"]
Period = Literal["quiet", "loaded"]

PERIODS: tuple[Period, ...] = ("quiet", "loaded")

#: An A/A pair further apart than this would be taken for a change.
BEYOND = float(np.log(1.02))

#: What the benchmark is to show: at the same wall time the sweep's honest intervals are so many
#: times narrower than asv's (median of the cases), ...
RATIO_GOALS: dict[Period, float] = {"quiet": 3.0, "loaded": 10.0}
#: ... between these shares of its 95 % intervals contain the truth (more: they are too wide), ...
COVERAGE_GOAL = (0.90, 0.99)
#: ... and less than this share of its A/A pairs are further apart than `BEYOND`.
BEYOND_GOAL = 0.01


@dataclass(frozen=True)
class Estimate:
    """An A/A pair: how far apart a method found one release from itself.

    `log_ratio`: of the two, the truth being 0. `half`: half of its 95 % interval, maybe infinite.
    """

    method: Method
    period: Period
    repeat: int
    case: str
    log_ratio: float
    half: float

    @property
    def covers(self) -> bool:
        """Whether the interval contains the truth."""
        return abs(self.log_ratio) <= self.half


@dataclass(frozen=True)
class Quality:
    """What a method's estimates are worth. All widths in log time.

    `nominal`: median half-width that it claims. `covered` of `count` intervals contain the truth.
    `honest`: half-width that 95 % of such errors would not exceed, were they normal: 1.96 times
    their root mean square. `p95`: the 95th percentile of the absolute errors themselves.
    `largest`: the largest absolute error; `beyond`: how many exceed `BEYOND`.
    """

    count: int
    nominal: float
    covered: int
    honest: float
    p95: float
    largest: float
    beyond: int

    @property
    def coverage(self) -> float:
        """Share of the intervals that contain the truth."""
        return self.covered / self.count if self.count else 0.0


def quality(estimates: Sequence[Estimate]) -> Quality:
    """The quality of estimates of one method."""
    if not estimates:
        return Quality(count=0, nominal=inf, covered=0, honest=inf, p95=inf, largest=inf, beyond=0)
    errors = np.abs([each.log_ratio for each in estimates])
    return Quality(
        count=len(estimates),
        # Not interpolated: between a number and infinity there is nothing.
        nominal=float(np.quantile([each.half for each in estimates], 0.5, method="higher")),
        covered=sum(each.covers for each in estimates),
        honest=1.959964 * float(np.sqrt(np.mean(errors**2))),
        p95=float(np.quantile(errors, 0.95)),
        largest=float(errors.max()),
        beyond=int(np.count_nonzero(errors > BEYOND)),
    )


def of(
    estimates: Sequence[Estimate], method: Method, period: Period, case: str | None = None
) -> list[Estimate]:
    """Those of a method in a period, of one case or of all."""
    return [
        each
        for each in estimates
        if (each.method, each.period) == (method, period) and case in (None, each.case)
    ]


def allowance(asv: Sequence[float], swept: Sequence[float], startup: float) -> float:
    """Seconds for the next sweep, so that all sweeps take as long as all pairs of asv runs.

    `asv`, `swept`: wall seconds so far. If the next pair is still to come it will be like the
    others. What a sweep took too much is taken from the next; `startup` seconds of each go to
    starting the command and finding the cases.
    """
    typical = sum(asv) / len(asv)
    due = sum(asv) + typical * max(0, len(swept) + 1 - len(asv))
    return max(due - sum(swept) - startup * (len(swept) + 1), typical / 2)
