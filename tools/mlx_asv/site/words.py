"""Numbers as people read them; static/format.js writes the same."""

from math import expm1, isfinite
from typing import Any

from mlx_asv.metric import TIME, Metric, Scale

#: How a page writes the unit that a terminal writes so.
UNITS = {"us": "µs"}
#: A change is written as one up to here, then as a factor.
FACTOR_FROM = 2.0
MINUS, TIMES_AS_MUCH, NOTHING = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"


def unit(name: str) -> str:
    """A unit as a page writes it."""
    return UNITS.get(name, name)


def change(effect: float | None, metric: Metric = TIME) -> str:
    """An effect as a change. Of a metric that is compared by ratios: 0.0953 is ``+10.0 %``, 1.386
    is 4.00 times; where factors are told, ``4.0 times``. Of another one: the difference with its
    sign and unit."""
    if effect is None or not isfinite(effect):
        return "unknown"
    if metric.factors:
        return metric.change(effect)
    if metric.scale is not Scale.LOG:
        sign = "+" if effect > 0 else MINUS if effect < 0 else ""
        return f"{sign}{value(abs(effect), metric)}"
    ratio = expm1(effect)
    if ratio >= FACTOR_FROM:
        return f"{ratio + 1:.2f}{TIMES_AS_MUCH}"
    text = f"{abs(100 * ratio):.{metric.digits}f}"
    sign = "" if float(text) == 0 else "+" if ratio > 0 else MINUS
    return f"{sign}{text} %"


def fine(effect: float, metric: Metric = TIME) -> str:
    """The size of an effect, without its sign: two digits, however small: ``0.0042 %``."""
    if metric.scale is not Scale.LOG:
        return value(abs(effect), metric)
    return metric.fine(effect).replace("%", " %")


def interval(low: float | None, high: float | None, metric: Metric = TIME) -> str:
    """``+8.1 % to +12.0 %``; nothing where nothing is known of the spread."""
    if low is None or high is None:
        return ""
    return f"{change(low, metric)} to {change(high, metric)}"


def value(number: float, metric: Metric = TIME) -> str:
    """``1.23 ms``: three digits and the unit that fits."""
    if number == 0 or metric.scale is Scale.EXACT:
        return f"{number:,.0f} {metric.unit}".rstrip()
    name, size = next((each for each in metric.units if abs(number) >= each[1]), metric.units[-1])
    return f"{number / size:.3g} {unit(name)}".rstrip()


def number(value: Any) -> str:
    """For a table: three digits of what is no whole number."""
    if value is None:
        return NOTHING
    return f"{value:.3g}" if isinstance(value, float) else str(value)
