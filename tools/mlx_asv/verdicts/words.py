"""Log ratios as a person reads them."""

from mlx_asv.metric import TIME, UNKNOWN

__all__ = ["UNKNOWN", "interval", "percent"]


def percent(log_ratio: float | None) -> str:
    """``+5.1%`` of a log ratio; UNKNOWN if there is none, or it is not finite."""
    return TIME.change(log_ratio)


def interval(low: float | None, high: float | None) -> str:
    """``+4.2% to +6.0%``; UNKNOWN where nothing is known of it."""
    return TIME.interval(low, high)
