"""Median polish: log time = block + arm + error, inside one life of the worker processes.

Interference that hits a whole block cancels, and one disturbed visit does not move its arm. Tukey,
Exploratory Data Analysis (1977), chapter 11, subtracts medians of blocks and of arms in turn. One
thing is different here: an arm is compared with the median of the *other* arms of the block. The
median of all arms is often the arm itself (among three arms it always is for one), whose deviation
is then 0: plain median polish of three arms does not find a small difference.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Stop when no arm moves by more than this against the others (log time: parts of the whole).
TOLERANCE = 1e-6
MAX_STEPS = 50

#: The median of n normal values has sqrt(pi / 2) times the standard error of their mean.
MEDIAN_LOSS = float(np.sqrt(np.pi / 2))
#: Median absolute deviation to standard deviation, for normal values.
MAD_TO_SD = 1.4826
#: Mean absolute deviation to standard deviation, for normal values.
MEAN_TO_SD = float(np.sqrt(np.pi / 2))
#: Factors that make the MAD of n = 0, 1, 2, ... 9 normal values unbiased; n / (n - 0.8) for more.
#: Croux & Rousseeuw, Time-efficient algorithms for two highly robust estimators of scale (1992).
SMALL_MAD = np.array([np.nan, np.nan, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107])
#: Log times nearer than this are equal: the fit stops at about this distance from the solution.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Polish:
    """A fit to log seconds of shape (blocks, arms).

    `arms`: (arms,), the level of each arm in log seconds in a typical block. NaN for an arm without
    data, and for an arm that shares no block with most others, not even through other arms: it
    cannot be told whether the arm or its blocks were slow.
    `blocks`: (blocks,), how much slower each block was than typical, in log time; the median is 0.
    `residuals`: (blocks, arms), NaN where there is no data, and where an arm was alone in its
    block: such a block says nothing about the arm.
    """

    arms: Floats
    blocks: Floats
    residuals: Floats


@dataclass(frozen=True)
class Contrasts:
    """Every arm against a reference arm; each array is (arms,).

    `estimate`: log ratio, 0 for the reference arm itself, NaN where unknown.
    `error`: the standard error of the log ratio within this life; NaN for fewer than two blocks.
    """

    estimate: Floats
    error: Floats


def polish(log_seconds: Floats) -> Polish:
    """Fit log time = block + arm + error to a (blocks, arms) array with NaN for missing cells.

    Permuting arms or blocks permutes the result; scaling all seconds moves `arms` alone.
    """
    values = np.where(np.isfinite(log_seconds), log_seconds, np.nan)
    if len(values) == 1:
        return _one_block(values)
    values[:, ~_largest_group(~np.isnan(values))] = np.nan
    count = np.count_nonzero(~np.isnan(values), axis=1)[:, None]
    joint = np.where(count > 1, values, np.nan)
    arms = nanmedian(values, axis=0)
    rows, columns = ~np.isnan(joint).all(axis=1), ~np.isnan(joint).all(axis=0)
    if rows.any():
        arms[columns] = _least_squares(joint[np.ix_(rows, columns)])
    # An arm that is 1 too high lifts the level of its block of k arms, too: it is k / (k - 1) above
    # the others. Over blocks of different k the median moves by about the mean of that factor.
    share = _mean(np.where(np.isnan(joint), np.nan, (count - 1) / np.maximum(count, 1)))
    for _ in range(MAX_STEPS):
        step = share * nanmedian(_from_others(joint - arms), axis=0)
        step -= _mean(step[:, None])
        step[np.isnan(step)] = 0.0
        arms = arms + step
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    blocks = nanmedian(values - arms, axis=1)
    typical = nanmedian(blocks[:, None], axis=0)
    return Polish(arms + typical, blocks - typical, joint - arms - blocks[:, None])


def _one_block(values: Floats) -> Polish:
    """Of one block, such as the one value of a life, there is nothing to be taken out."""
    present = ~np.isnan(values)
    residuals = np.where(present & (np.count_nonzero(present) > 1), 0.0, np.nan)
    return Polish(values[0], np.full(1, 0.0 if present.any() else np.nan), residuals)


def _least_squares(values: Floats) -> Floats:
    """The least-squares arms of log time = block + arm, all arms connected; their sum is 0.

    The medians start from here: from far away, with many cells missing, they may stop anywhere.
    """
    present = np.where(np.isnan(values), 0.0, 1.0)
    share = present / present.sum(axis=1, keepdims=True)
    filled = np.nan_to_num(values)
    centred = filled - (share * filled).sum(axis=1, keepdims=True)
    equations = np.diag(present.sum(axis=0)) - present.T @ share
    # The equations leave the sum of the arms open: adding 1 to every coefficient makes it 0.
    return np.linalg.solve(equations + 1.0, (present * centred).sum(axis=0))


def standard_errors(fit: Polish) -> Floats:
    """The standard error that an arm's own noise gives its level, (arms,); NaN for fewer than two
    blocks.

    The squares of two arms' errors add up to the square of the error of their difference.
    `contrasts` is more exact for few arms that are not equally noisy.

    Residuals of few arms mislead: of two arms each is half of their difference, of three arms one
    is always 0. So deviations are taken from the median of the *other* arms of the block. That
    median is noisy, too: the variance is multiplied by (k - 1) / k for k arms, which is exact for
    two arms, and gives the standard error within 4 % for more arms that are equally noisy.
    """
    present = ~np.isnan(fit.residuals)
    if len(present) == 1:
        return np.full(present.shape[1], np.nan)
    arms = np.count_nonzero(present, axis=1)[:, None]
    share = np.maximum(arms - 1, 0) / np.maximum(arms, 1)
    blocks = np.count_nonzero(present, axis=0)
    spread = scale(_from_others(fit.residuals) * np.sqrt(share))
    errors: Floats = MEDIAN_LOSS * spread / np.sqrt(np.maximum(blocks, 1))
    return errors


def contrasts(fit: Polish, reference: int) -> Contrasts:
    """Every arm against the arm at index `reference`.

    The estimate is the difference of levels: with two arms the median of the paired differences.
    Its error comes from the scale of the paired differences, in which the blocks cancel exactly,
    however many other arms there are and however noisy they are: sqrt(pi / 2) scale / sqrt(n) for
    n blocks, as for a median. (With many arms the estimate is the difference of two independent
    medians, which has the same variance.) If one of the two arms has more blocks, each arm counts
    its own number of blocks, weighted by its share of the variance.
    """
    own = standard_errors(fit)
    blocks = np.count_nonzero(~np.isnan(fit.residuals), axis=0)
    paired = fit.residuals - fit.residuals[:, [reference]]
    common = np.count_nonzero(~np.isnan(paired), axis=0)
    summed = own**2 + own[reference] ** 2
    variance = own**2 * blocks + own[reference] ** 2 * blocks[reference]
    shared = 1 / np.maximum(common, 1)  # 1 / blocks, weighted by the two shares of the variance:
    weight = np.divide(summed, variance, out=shared, where=variance > 0)
    error = np.where(common > 1, MEDIAN_LOSS * scale(paired) * np.sqrt(weight), np.sqrt(summed))
    error[reference] = 0.0
    return Contrasts(fit.arms - fit.arms[reference], error)


def contrast(log_seconds: Floats, arm: int, reference: int) -> tuple[float, float]:
    """Log ratio of one arm to another, and its standard error; from (blocks, arms) log seconds."""
    found = contrasts(polish(log_seconds), reference)
    return float(found.estimate[arm]), float(found.error[arm])


def scale(values: Floats) -> Floats:
    """A robust standard deviation of each column, NaN under two values.

    1.4826 times the median absolute deviation from the median, corrected for few values. If a timer
    ticks so coarsely that more than half of the values are equal, this would be 0: then 1.25 times
    the mean absolute deviation, in which no value counts for more than three ticks.
    """
    count = np.count_nonzero(~np.isnan(values), axis=0)
    if len(values) == 1:
        return np.full(values.shape[1], np.nan)
    deviations = np.abs(values - nanmedian(values, axis=0))
    correction = np.where(
        count > 9, count / np.maximum(count - 0.8, 1), SMALL_MAD[count.clip(0, 9)]
    )
    result: Floats = MAD_TO_SD * correction * nanmedian(deviations, axis=0)
    ticking = result < ROUNDING
    if ticking.any():
        tick = np.where(deviations > ROUNDING, deviations, np.inf).min(axis=0, initial=np.inf)
        total = np.nansum(np.minimum(deviations, 3 * tick), axis=0)
        mean = MEAN_TO_SD * total / np.maximum(count - 1, 1)
        result = np.where(ticking, np.where(mean < ROUNDING, 0.0, mean), result)
    return result


def nanmedian(values: Floats, axis: int) -> Floats:
    """np.nanmedian of a matrix, much faster, and NaN without a warning where all values are NaN."""
    if values.shape[axis] == 0:
        return np.full(values.shape[1 - axis], np.nan)
    count = np.count_nonzero(~np.isnan(values), axis=axis, keepdims=True)
    ordered = np.sort(values, axis=axis)  # NaN last
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis=axis)
    median: Floats = np.squeeze((low + high) / 2, axis=axis)
    return median


def _from_others(values: Floats) -> Floats:
    """Each cell less the median of the other cells of its row; NaN where there is no other."""
    if values.shape[1] == 0:
        return values
    count = np.count_nonzero(~np.isnan(values), axis=1)[:, None]
    ordered = np.sort(values, axis=1)

    def of_others(rank: NDArray[np.intp]) -> Floats:
        """The value of rank `rank` (from 0) among the other cells of the row."""
        here = np.take_along_axis(ordered, rank, axis=1)
        after = np.take_along_axis(ordered, np.minimum(rank + 1, values.shape[1] - 1), axis=1)
        return np.where(values <= here, after, here)

    median = (
        of_others(np.maximum(count - 2, 0) // 2) + of_others(np.maximum(count - 1, 0) // 2)
    ) / 2
    return np.where(count > 1, values - median, np.nan)


def _largest_group(present: Booleans) -> Booleans:
    """The largest group of arms that are connected through blocks: the one with the most data."""
    counts: Floats = present.sum(axis=0, dtype=np.float64)
    has_data: Booleans = counts > 0
    if counts.max(initial=0.0) == np.count_nonzero(present.any(axis=1)):
        return has_data  # some arm is in every block
    best, left = np.zeros_like(has_data), has_data
    while left.any():
        group, before = np.arange(len(left)) == np.argmax(left), best
        while not np.array_equal(group, before):
            blocks = np.count_nonzero(present[:, group], axis=1) > 0
            group, before = present[blocks].any(axis=0), group
        if counts[group].sum() > counts[best].sum():
            best = group
        left = left & ~group
    return best


def _mean(values: Floats) -> Floats:
    """The mean of each column without its NaN; NaN where all values are NaN."""
    count = np.count_nonzero(~np.isnan(values), axis=0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)
