"""Log ratios as a person reads them."""

from math import expm1, isfinite

#: What stands where there is no number.
UNKNOWN = "unknown"


def percent(log_ratio: float | None) -> str:
    """``+5.1%`` of a log ratio; UNKNOWN if there is none, or it is not finite."""
    if log_ratio is None or not isfinite(log_ratio):
        return UNKNOWN
    return f"{expm1(log_ratio):+.1%}"


def interval(low: float | None, high: float | None) -> str:
    """``+4.2% to +6.0%``; UNKNOWN where nothing is known of it."""
    if low is None or high is None or not isfinite(high - low):
        return UNKNOWN
    return f"{percent(low)} to {percent(high)}"
