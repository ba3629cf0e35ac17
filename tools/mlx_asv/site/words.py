"""Numbers as people read them; static/format.js writes the same."""

from math import expm1, isfinite
from typing import Any

#: Unit, and how many of it a second is.
TIMES = (("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9))
#: A change is written as one up to here, then as a factor.
FACTOR_FROM = 2.0
MINUS, TIMES_AS_MUCH, NOTHING = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"


def change(effect: float | None) -> str:
    """A log ratio as a change: 0.0953 is ``+10.0 %``, 1.386 is 4.00 times."""
    if effect is None or not isfinite(effect):
        return "unknown"
    ratio = expm1(effect)
    if ratio >= FACTOR_FROM:
        return f"{ratio + 1:.2f}{TIMES_AS_MUCH}"
    sign = "+" if ratio > 0 else MINUS if ratio < 0 else ""
    return f"{sign}{abs(100 * ratio):.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """``+8.1 % to +12.0 %``; nothing where nothing is known of the spread."""
    if low is None or high is None:
        return ""
    return f"{change(low)} to {change(high)}"


def seconds(value: float) -> str:
    """``1.23 ms``: three digits and the unit that fits."""
    if value == 0:
        return "0 s"
    unit, factor = next((each for each in TIMES if value * each[1] >= 1), TIMES[-1])
    return f"{value * factor:.3g} {unit}"


def number(value: Any) -> str:
    """For a table: three digits of what is no whole number."""
    if value is None:
        return NOTHING
    return f"{value:.3g}" if isinstance(value, float) else str(value)
