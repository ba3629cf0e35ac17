import itertools
from math import log

import pytest
from mlx_asv.bench.agenda import Agenda
from mlx_asv.bench.injected import (
    LIMITS,
    Found,
    environs,
    expected,
    goals,
    kernel_cases,
    measure,
    rows,
    summary_rows,
)
from mlx_asv.engine.context import context_here
from mlx_asv.known.suite.kernels import EXTRA_VARIABLE, Kernel, calls, repeated
from rich.console import Console


def found(extra, effect, sweep=0, kernel="add 1", half=0.01):
    """An estimate of a slowdown; `effect` as a share."""
    middle = log(1 + effect)
    return Found(sweep, kernel, extra, middle, middle - half, middle + half, 5)


def test_errors_are_in_points_of_the_true_size():
    """A log ratio is no percentage: log 1.05 is exactly 5 %."""
    assert found(0.05, 0.05).error == pytest.approx(0)
    assert found(0.20, 0.19).error == pytest.approx(-0.01)
    assert found(0.05, 0.05).covers
    assert not found(0.05, 0.07).covers


def test_a_row_for_each_kernel_and_size_a_cell_for_each_sweep():
    """What a sweep could not measure is a dash."""
    every = [found(0.05, 0.052, 0), found(0.05, 0.04, 1), found(0.0, 0.001, 1)]
    assert rows(every) == [
        ["add 1", "dispatch", "0", "-", "0.1 [-0.9, 1.1]", "0.1"],
        ["add 1", "dispatch", "5", "5.2 [4.2, 6.3]", "4.0 [3.0, 5.0]", "1.0"],
    ]


def test_the_summary_is_over_kernels_and_sweeps():
    """Largest, root mean square and mean of the errors in points; coverage; power."""
    every = [found(0.05, 0.053), found(0.05, 0.046, 1), found(0.05, 0.002, 2, "relu 262144")]
    (row,) = summary_rows(every)
    assert row == ["5", "3", "4.80", "2.79", "-1.63", "2 of 3 (67%)", "2 of 3 (67%)"]


def test_the_goal_is_about_five_percent():
    """Every estimate of 5 % within 1.5 points; other sizes do not count."""
    near = [found(0.05, 0.064), found(0.05, 0.037), found(0.20, 0.3)]
    (goal,) = goals(near)
    assert goal.reached
    (goal,) = goals([*near, found(0.05, 0.066)])
    assert not goal.reached
    assert "largest error 1.60 points, 2 of 3" in goal.value
    (goal,) = goals([])
    assert not goal.reached


def test_slower_releases_differ_in_one_variable():
    """The first is the reference, as it is."""
    made = environs("v1", {"A": "b"}, (0.02, 0.2))
    assert list(made) == ["v1", "v1 +2%", "v1 +20%"]
    assert [each.get(EXTRA_VARIABLE) for each in made.values()] == [None, "0.02", "0.2"]
    assert all(each["A"] == "b" for each in made.values())


def test_the_calls_are_counted(monkeypatch):
    """A hundred, and exactly as many more as the environment says."""
    for extra, wanted in (("0", 100), ("0.02", 102), ("0.05", 105), ("0.1", 110), ("0.2", 120)):
        monkeypatch.setenv(EXTRA_VARIABLE, extra)
        done = itertools.count()
        repeated(done.__next__, calls())()
        assert next(done) == wanted
    monkeypatch.setenv(EXTRA_VARIABLE, "0.005")
    with pytest.raises(ValueError, match="no whole number"):
        calls()


def test_every_kernel_has_a_limit_and_a_case():
    """The table names what each is limited by."""
    assert list(LIMITS) == list(Kernel.kernels)
    assert [case.label for case in kernel_cases(list(LIMITS))] == list(Kernel.kernels)
    assert [case.backends["mlx_cpu"] for case in kernel_cases(["add 1"])] == [4]


def test_ten_times_the_calls_take_longer(checkout):
    """The real thing in its smallest form: real processes, real MLX, one kernel. What else the
    machine does makes no three of ten."""
    context = context_here(None)
    agenda = Agenda(Console(quiet=True), expected(1, 3))
    estimates, lost = measure(
        context,
        "v0.31.1",
        context.suite.install(context.suite.asker.one("v0.31.1", "the release")).environ,
        kernels=["add 1"],
        extras=[9.0],
        replicates=3,
        sweeps=1,
        agenda=agenda,
    )
    assert lost == []
    equal, more = sorted(estimates, key=lambda each: each.extra)
    assert (equal.extra, more.extra) == (0.0, 9.0)
    assert equal.low < equal.effect < equal.high
    assert more.low < more.effect < more.high
    assert more.effect - equal.effect > log(3)
