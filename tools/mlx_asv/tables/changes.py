"""How sure a speedup is: intervals of log ratios, of one case and of averages over cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, expm1, inf, isfinite, log, sqrt

import numpy as np

from mlx_asv.effects.combine import half_width
from mlx_asv.verdicts.inference import CONFIDENCE


@dataclass(frozen=True)
class Change:
    """An estimate of log(other / this), its standard error, and the error's df (0: unknown).

    `low`, `high`: the 95 % interval; infinite where nothing is known of the spread.
    """

    effect: float
    error: float
    df: float

    @cached_property
    def half(self) -> float:
        """Half the width of the interval."""
        if not (self.df > 0 and isfinite(self.error)):
            return inf
        return float(half_width(np.array(self.error), np.array(self.df), CONFIDENCE))

    @property
    def low(self) -> float:
        """The lower end."""
        return self.effect - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.effect + self.half


#: (operation or model, case, backend, the backend that it is compared with) -> change.
Changes = Mapping[tuple[str, str | None, str, str], Change]


def mean_change(parts: Sequence[Change | None], this: Sequence[float]) -> Change | None:
    """The change of a mean of times, from the changes of its cases; None if one is unknown.

    `this`: the backend's own time of each case, which is the weight of the case. The ratio of the
    means is the weighted mean of the cases' ratios. Cases are independent, so the variance of the
    ratio follows to first order, with Welch and Satterthwaite's df. Weights are taken as known.
    """
    known = [part for part in parts if part is not None and isfinite(part.half)]
    if not known or len(known) < len(parts):
        return None
    total = sum(this)
    shares = [time / total * exp(part.effect) for time, part in zip(this, known, strict=True)]
    ratio = sum(shares)
    variances = [
        (share / ratio * part.error) ** 2 for share, part in zip(shares, known, strict=True)
    ]
    variance = sum(variances)
    if variance == 0:
        return Change(log(ratio), 0.0, min(part.df for part in known))
    by_df = sum(each**2 / part.df for each, part in zip(variances, known, strict=True))
    return Change(log(ratio), sqrt(variance), variance**2 / by_df if by_df else inf)


def percent(log_ratio: float) -> float:
    """A log ratio as a speedup in percent."""
    return 100 * expm1(log_ratio) if log_ratio < 700 else inf
