"""Metrics of which equal releases have equal values, from observations to verdicts."""

from math import exp, log

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_asv.metric import ERROR, GROWTH, Metric
from mlx_asv.verdicts.rule import Doubt

from tests.effects.synthetic import Sweep
from tests.verdicts.truth import MLX, best, judged, steps

#: What a case returns on each release, in each of its processes; the last release is the reference.
Values = list[list[float]]

REPLICATES = 3


def observed(values: Values, name: str = "ops.A", metric: Metric = ERROR) -> pl.DataFrame:
    """Observations of a case, with a twin of the last release that has the same values."""
    labels = [f"v{number}" for number in range(1, len(values) + 1)]
    last = labels[-1]
    sweep = Sweep(
        noise=0.0,
        slowdown=1.0,
        blocks=1,
        replicates=len(values[0]),
        benchmarks=[name],
        reference=last,
        twin=f"{last} (A/A)",
    )
    found = sweep.observe({(MLX, label): 1.0 for label in (*labels, sweep.twin)})
    table = {
        (label, number): value
        for label, of_it in zip((*labels, sweep.twin), (*values, values[-1]), strict=True)
        for number, value in enumerate(of_it)
    }
    rows = [table[key] for key in found.select("label", "replicate").iter_rows()]
    return found.with_columns(
        metric=pl.lit(metric.name),
        block=pl.lit(None, pl.Int32),
        value=pl.Series(rows, dtype=pl.Float64),
    )


def exactly(*values: float, metric: Metric = ERROR, name: str = "ops.A") -> pl.DataFrame:
    """Observations of values that each process repeats."""
    return observed([[value] * REPLICATES for value in values], name, metric)


ERRORS = st.floats(1e-16, 1e3)


@settings(max_examples=20, deadline=None)
@given(st.lists(ERRORS, min_size=1, max_size=12), st.integers(2, 6))
def test_equal_values_are_never_a_change(errors: list[float], count: int) -> None:
    """Of one case or many, whatever their values: they are the same, and known to be."""
    cases = [exactly(*[value] * count, name=f"ops.A{n}") for n, value in enumerate(errors)]
    found = judged(*cases).verdicts
    assert found.height == len(errors) * count
    assert set(found["verdict"]) == {"same"}


@settings(max_examples=20, deadline=None)
@given(
    ERRORS,
    st.floats(2.001, 1e12) | st.floats(1e-12, 0.4999),
    st.lists(ERRORS, max_size=40),
)
def test_more_than_a_factor_of_two_is_always_a_change(
    error: float, factor: float, others: list[float]
) -> None:
    """Of a single case, and among many that do not change; with its exact size."""
    still = [exactly(value, value, name=f"ops.B{n}") for n, value in enumerate(others)]
    found = judged(exactly(error, error * factor), *still)
    (step,) = steps(found, benchmark="ops.A").to_dicts()
    assert step["verdict"] == (ERROR.worse if factor > 1 else ERROR.better)
    assert step["effect"] == pytest.approx(log(factor), abs=1e-9)
    assert step["high"] - step["low"] < 2e-5
    rest = steps(found).filter(pl.col("benchmark") != "ops.A")
    assert set(rest["verdict"]) <= {"same"}


@settings(max_examples=20, deadline=None)
@given(ERRORS, st.floats(0.5001, 1.999))
def test_less_than_a_factor_of_two_is_the_same(error: float, factor: float) -> None:
    """It repeats, and does not matter."""
    found = judged(exactly(error, error * factor))
    assert set(found.verdicts["verdict"]) == {"same"}


@given(st.floats(-1e9, 1e9), st.floats(-1e8, 1e8))
@settings(max_examples=20, deadline=None)
def test_growth_is_compared_by_differences(growth: float, more: float) -> None:
    """From a megabyte on, from any value, nought and less among them; and where it begins."""
    (step,) = steps(judged(exactly(growth, growth + more, metric=GROWTH))).to_dicts()
    begins = (growth > 1e6) != (growth + more > 1e6)
    if abs(more) > (1e5 if begins else 1.1e6):
        assert step["verdict"] == (GROWTH.worse if more > 0 else GROWTH.better)
        assert step["effect"] == pytest.approx(more, abs=1)
    elif abs(more) < 0.9e6 and not begins:
        assert step["verdict"] == "same"


def test_cases_that_agree_make_none_certain_that_does_not() -> None:
    """What adds in another order each time is judged by its own replicates; and does not make
    others less certain."""
    still = [exactly(1e-6, 1e-6, 1e-6, name=f"ops.B{number}") for number in range(30)]
    loose = observed([[1e-6, 3e-6, 9e-6], [4e-6, 1e-6, 20e-6], [1e-6, 7e-6, 2e-6]])
    clear = exactly(1e-6, 1e-6, 3e-6, name="ops.C")
    found = judged(*still, loose, clear)
    assert set(steps(found, benchmark="ops.A")["verdict"]) == {"inconclusive"}
    assert steps(found, benchmark="ops.C")["verdict"].to_list() == ["same", "less exact"]
    assert set(steps(found, benchmark="ops.B3")["verdict"]) == {"same"}


def test_a_jump_is_found_beside_a_little_scatter() -> None:
    """Three replicates tell 400 times from a tenth."""
    values = [[1.0e-6, 1.1e-6, 1.05e-6], [4.0e-4, 4.1e-4, 4.3e-4]]
    (step,) = steps(judged(observed(values))).to_dicts()
    assert step["verdict"] == "less exact"
    assert step["low"] < log(400) < step["high"]


def test_what_equal_releases_differ_by_is_no_change() -> None:
    """A second process of the reference that rounds otherwise, each time."""
    case = exactly(1e-6, 2.5e-6)
    twin = pl.when(pl.col("role") == "twin").then(pl.col("value") * 2).otherwise("value")
    (step,) = steps(judged(case.with_columns(value=twin))).to_dicts()
    assert (step["verdict"], step["reason"]) == ("inconclusive", Doubt.SPREAD)


def test_one_process_is_not_enough() -> None:
    """Nobody knows whether its value repeats."""
    (step,) = steps(judged(observed([[1e-6], [1e-3]]))).to_dicts()
    assert (step["verdict"], step["reason"]) == ("inconclusive", Doubt.ONE_REPLICATE)


def test_states_and_the_best_are_those_of_any_metric() -> None:
    """An error that goes back has recovered, one that stays is open; neither is a candidate."""
    found = judged(exactly(1e-6, 1e-4, 1e-6, 5e-6))
    assert steps(found)["verdict"].to_list() == ["less exact", "more exact", "less exact"]
    assert steps(found)["state"].to_list() == ["recovered in v3", None, "open"]
    (latest,) = best(found).to_dicts()
    assert latest["verdict"] == "less exact"
    assert exp(latest["effect"]) == pytest.approx(5)
