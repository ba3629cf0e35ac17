from math import inf, log

import pytest
from mlx_asv.metric import ERROR, GROWTH, INSTRUCTIONS
from mlx_asv.site.words import (
    MINUS,
    NOTHING,
    TIMES_AS_MUCH,
    change,
    fine,
    interval,
    number,
    value,
)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.1, "+10.0 %"),
        (0.75, f"{MINUS}25.0 %"),
        (1.0, "0.0 %"),
        (2.5, "+150.0 %"),
        (4.0, f"4.00{TIMES_AS_MUCH}"),
    ],
)
def test_changes_are_percent_and_large_ones_factors(ratio, text):
    """With a sign, which for less is a minus and no hyphen."""
    assert change(log(ratio)) == text


def test_what_is_unknown_is_said_so():
    """No effect at all, or an infinite one."""
    assert change(None) == change(inf) == "unknown"
    assert interval(None, 1.0) == interval(0.0, None) == ""
    assert interval(0.0, log(1.1)) == "0.0 % to +10.0 %"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.0, "2 s"), (1.234e-3, "1.23 ms"), (56e-6, "56 µs"), (7e-9, "7 ns"), (3e-10, "0.3 ns")],
)
def test_seconds_have_the_unit_that_fits(seconds, text):
    """Three digits."""
    assert value(seconds) == text


def test_numbers_of_tables():
    """Three digits of what is no whole number."""
    assert [number(value) for value in (None, 3, 0.12345, "x")] == [NOTHING, "3", "0.123", "x"]


@pytest.mark.parametrize(
    ("effect", "text"),
    [(0.0, "0 %"), (1.2e-5, "0.0012 %"), (-0.0123, "1.2 %"), (log(1.5), "50 %"), (log(4), "300 %")],
)
def test_small_differences_keep_two_digits(effect, text):
    """Without a sign."""
    assert fine(effect) == text


def test_changes_have_the_digits_that_the_metric_can_tell():
    """A hundredth of a percent of instructions, a tenth of time; what is nothing has no sign."""
    assert change(log(1.1234)) == "+12.3 %"
    assert change(log(1.1234567), INSTRUCTIONS) == "+12.35 %"
    assert change(-1e-5) == "0.0 %" and change(-1e-5, INSTRUCTIONS) == "0.00 %"


def test_errors_are_told_as_factors_and_growth_as_bytes():
    """An error has no unit; growth may be less than nothing."""
    assert change(log(40), ERROR) == fine(-log(40), ERROR) == "40 times"
    assert change(-log(40), ERROR) == "40 times less"
    assert interval(log(2), log(3), ERROR) == "2.0 times to 3.0 times"
    assert (value(3.8e-05, ERROR), value(0.0, ERROR)) == ("3.8e-05", "0")
    assert (change(5e6, GROWTH), change(-5e6, GROWTH)) == ("+5 MB", f"{MINUS}5 MB")
    assert value(-8.2e6, GROWTH) == "-8.2 MB"
