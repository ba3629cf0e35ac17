from math import inf, log, nan

import pytest
from mlx_asv.verdicts.words import UNKNOWN, interval, percent


@pytest.mark.parametrize(
    ("log_ratio", "text"),
    [
        (log(1.05), "+5.0%"),
        (log(0.9), "-10.0%"),
        (log(3), "+200.0%"),
        (0.0, "+0.0%"),
        (nan, UNKNOWN),
        (inf, UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_percent_of_a_log_ratio(log_ratio, text):
    """As a change of time, with its sign."""
    assert percent(log_ratio) == text


@pytest.mark.parametrize("ends", [(-inf, inf), (None, None), (nan, 0.1), (0.1, inf)])
def test_interval(ends):
    """Both ends; nothing where one of them is not known."""
    assert interval(log(1.04), log(1.06)) == "+4.0% to +6.0%"
    assert interval(*ends) == UNKNOWN
