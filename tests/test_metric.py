import re
from dataclasses import replace
from math import expm1, inf, isclose, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.metric import (
    ERROR,
    GROWTH,
    INSTRUCTIONS,
    MEMORY,
    METRICS,
    TIME,
    UNKNOWN,
    Metric,
    Scale,
    tracked,
)

from tests.checkout import ROOT

#: Made up: of hits more is better; errors differ by their values; calls are counted.
HITS = replace(TIME, name="hits", more_is_worse=False, worse="fewer hits", better="more hits")
ULPS = replace(
    TIME, name="ulps", scale=Scale.LINEAR, threshold=0.5, unit="ulp", units=(("ulp", 1.0),)
)
CALLS = replace(ULPS, name="calls", scale=Scale.EXACT, unit="calls")

EVERY = st.sampled_from([*METRICS.values(), HITS, ULPS, CALLS])


def test_time_and_memory_are_what_is_measured() -> None:
    """By name, time first; verdicts of all of them are told apart by their words."""
    assert list(METRICS.values())[:2] == [TIME, MEMORY]
    assert all(name == each.name for name, each in METRICS.items())
    said = [word for each in METRICS.values() for word in each.changes]
    assert len(said) == len(set(said))


def test_every_metric_is_documented() -> None:
    """With its unit, what matters of it, and what is not believed."""
    text = (ROOT / "docs" / "observations.md").read_text()
    listed = dict(re.findall(r"^\| `(\w+)` (\| \w* \|.*\| \d[^|]+ \| \d[^|]+ \|)$", text, re.M))
    assert list(listed) == list(METRICS)
    for metric in METRICS.values():
        assert listed[metric.name].startswith(f"| {metric.unit} |")
        assert listed[metric.name].endswith(f"| {matters(metric)} | {believed(metric)} |")


def matters(metric: Metric) -> str:
    """The change that matters, as the documents write it."""
    if metric.factors or metric.scale is not Scale.LOG:
        return metric.fine(metric.threshold)
    return f"{100 * expm1(metric.threshold):.3g} %"


def believed(metric: Metric) -> str:
    """The spread that is not believed to be less, likewise."""
    if metric.scale is not Scale.LOG:
        return metric.text(metric.floor)
    return f"{100 * metric.floor:.3g} %"


def test_time_is_judged_as_ever() -> None:
    """3 % matter, and no standard deviation under half a percent is believed."""
    assert (TIME.threshold, TIME.floor) == (log(1.03), 0.005)
    assert TIME.changes == ("slower", "faster")


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        (TIME, 1.5, "1.5 s"),
        (TIME, 0.0012344, "1.234 ms"),
        (TIME, 1e-6, "1 us"),
        (TIME, 3.2e-10, "0.32 ns"),
        (TIME, 0.0, "0 ns"),
        (TIME, 90.0, "90 s"),
        (MEMORY, 36_123_000.0, "36.12 MB"),
        (MEMORY, 2e9, "2 GB"),
        (MEMORY, 12.0, "12 B"),
        (MEMORY, -1500.0, "-1.5 kB"),
        (INSTRUCTIONS, 28_612_000.0, "28.61 M instructions"),
        (INSTRUCTIONS, 900.0, "900 instructions"),
        (ULPS, 0.25, "0.25 ulp"),
        (CALLS, 1_234_567.0, "1,234,567 calls"),
        (ERROR, 3.8e-05, "3.8e-05"),
        (ERROR, 0.0123456, "0.01235"),
        (GROWTH, 0.0, "0 B"),
        (GROWTH, -4096.0, "-4.096 kB"),
        (TIME, None, UNKNOWN),
        (MEMORY, nan, UNKNOWN),
        (MEMORY, inf, UNKNOWN),
    ],
)
def test_value_has_the_unit_that_leaves_digits(metric: Metric, value: float, text: str) -> None:
    """From the largest that the value reaches down to the smallest there is."""
    assert metric.text(value) == text


@given(value=st.floats(1e-9, 1e9), metric=st.sampled_from([TIME, MEMORY]))
def test_text_of_a_value_says_the_value(value: float, metric: Metric) -> None:
    """Read back, with its unit, it is the value to four digits."""
    number, unit = metric.text(value).split()
    assert isclose(float(number) * dict(metric.units)[unit], value, rel_tol=5.1e-4)


@pytest.mark.parametrize(
    ("metric", "effect", "text"),
    [
        (TIME, log(1.051), "+5.1%"),
        (TIME, log(1.05), "+5.0%"),
        (TIME, log(0.9), "-10.0%"),
        (TIME, log(3), "+200.0%"),
        (TIME, nan, UNKNOWN),
        (TIME, inf, UNKNOWN),
        (MEMORY, log(0.5), "-50.0%"),
        (TIME, 0.0, "+0.0%"),
        (ULPS, 0.5, "+0.5 ulp"),
        (ULPS, -2.0, "-2 ulp"),
        (CALLS, 3.0, "+3 calls"),
        (ERROR, log(40), "40 times"),
        (ERROR, -log(40), "40 times less"),
        (ERROR, log(2.44), "2.4 times"),
        (ERROR, log(12345), "12,345 times"),
        (ERROR, log(5.4e8), "5.4e8 times"),
        (ERROR, 0.0, "1.0 times"),
        (ERROR, -1e-9, "1.0 times"),
        (ERROR, 1e6, "1.0e304 times"),
        (GROWTH, 4e6, "+4 MB"),
        (ERROR, nan, UNKNOWN),
        (TIME, None, UNKNOWN),
        (ULPS, -inf, UNKNOWN),
    ],
)
def test_change_is_a_ratio_or_a_difference(metric: Metric, effect: float, text: str) -> None:
    """As the scale has it, with its sign."""
    assert metric.change(effect) == text


@given(effect=st.floats(-5, 5), metric=st.sampled_from([TIME, MEMORY, HITS]))
def test_change_of_a_ratio_says_the_ratio(effect: float, metric: Metric) -> None:
    """To a tenth of a percent."""
    assert abs(float(metric.change(effect).rstrip("%")) / 100 - expm1(effect)) <= 0.00051


@given(low=st.floats(-1, 1), high=st.floats(-1, 1), metric=EVERY)
def test_interval_is_its_two_ends(low: float, high: float, metric: Metric) -> None:
    """And unknown where one of them is."""
    assert metric.interval(low, high) == f"{metric.change(low)} to {metric.change(high)}"
    for ends in ((-inf, high), (low, inf), (None, high), (low, None), (nan, high), (-inf, inf)):
        assert metric.interval(*ends) == UNKNOWN
    assert TIME.interval(None, None) == TIME.interval(nan, 0.1) == UNKNOWN
    assert TIME.interval(log(1.04), log(1.06)) == "+4.0% to +6.0%"


def test_spread_is_on_the_scale() -> None:
    """Of ratios a part of one."""
    assert (MEMORY.spread(0.012), ULPS.spread(0.25)) == ("1.2%", "0.25 ulp")
    assert ERROR.spread(log(1.2)) == "1.2 times"
    assert TIME.spread(None) == TIME.spread(inf) == UNKNOWN


def test_sign_is_which_direction_is_worse() -> None:
    """More seconds are worse, more hits are better."""
    assert (TIME.sign, MEMORY.sign, HITS.sign) == (1, 1, -1)


def test_chosen_threshold_is_one_of_ratios() -> None:
    """A percentage says nothing of differences; without one the metric has its own."""
    assert MEMORY.matters_from(None) == MEMORY.threshold
    assert MEMORY.matters_from(0.1) == 0.1
    assert ULPS.matters_from(0.1) == ULPS.threshold


def test_counts_are_told_more_exactly() -> None:
    """Equal releases differ by hundredths of a percent, which one decimal would hide."""
    assert INSTRUCTIONS.change(log(1.0004)) == "+0.04%"
    assert INSTRUCTIONS.spread(0.0002) == "0.02%"
    assert (TIME.change(log(1.0004)), TIME.spread(0.0002)) == ("+0.0%", "0.0%")


def test_only_what_is_counted_or_tracked_stands_without_being_confirmed() -> None:
    """Nothing disturbs them; but a change must be several times what equal releases differ by."""
    still = [each for each in METRICS.values() if each.undisturbed]
    assert still == [INSTRUCTIONS, ERROR, GROWTH]
    assert {each.spreads for each in still} == {5.0}
    assert (TIME.spreads, MEMORY.spreads) == (0.0, 0.0)
    assert [each.command for each in METRICS.values()] == [
        *("confirm", "confirm", "count", "track", "track"),
    ]


def test_what_benchmarks_return_has_a_metric_by_their_name() -> None:
    """Others are of none, and what is timed has no name."""
    assert tracked("track_error") is ERROR
    assert tracked("track_growth") is GROWTH
    assert tracked("track_instructions") is tracked("") is None


def test_exact_results_have_the_smallest_error() -> None:
    """Of nothing there is no ratio; growth is what it is."""
    assert (ERROR.recorded(0.0), ERROR.recorded(1e-5)) == (2.0**-53, 1e-5)
    assert (GROWTH.recorded(0.0), GROWTH.recorded(-1.0)) == (0.0, -1.0)


def test_what_counts_do_not_show_is_said_of_them() -> None:
    """A sentence, once, for whoever shows them."""
    for missing in ("waiting", "page faults", "caches", "threads", "GPU"):
        assert missing in INSTRUCTIONS.unseen
    assert INSTRUCTIONS.unseen.endswith(".") and TIME.unseen == ""
    assert INSTRUCTIONS.unseen in (ROOT / "docs" / "verdicts.md").read_text()


@pytest.mark.parametrize(
    ("metric", "effect", "text"),
    [
        (INSTRUCTIONS, 4.2e-5, "0.0042%"),
        (INSTRUCTIONS, -4.2e-5, "0.0042%"),
        (TIME, log(1.1), "10%"),
        (TIME, log(6), "500%"),
        (TIME, 0.0, "0%"),
        (ERROR, -log(40), "40 times"),
        (ULPS, -0.25, "0.25 ulp"),
    ],
)
def test_small_differences_keep_two_digits(metric: Metric, effect: float, text: str) -> None:
    """However small they are: equal releases differ by little."""
    assert metric.fine(effect) == text
