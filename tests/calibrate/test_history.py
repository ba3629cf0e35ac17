import itertools
from math import log

import polars as pl
import pytest
from mlx_asv.calibrate.history import ORDER, cases, releases, truth
from mlx_asv.known.suite.histories import CALLS, RELEASES, History, calls, scenarios


def test_equal_history_never_changes():
    """Whichever of them it is."""
    assert {calls("equal 2", position) for position in range(RELEASES)} == {CALLS}


def test_step_stays_and_blip_goes():
    """From its release on, or at it alone."""
    assert [calls("step 5% at 8", p) for p in (0, 7, 8, 9, 15)] == [100, 100, 105, 105, 105]
    assert [calls("blip 20% at 8", p) for p in (7, 8, 9)] == [100, 120, 100]


@pytest.mark.parametrize("size", [2, 5, 10, 20])
def test_drift_grows_to_its_size(size):
    """From its first release to its last, never by more than needed; and stays."""
    found = [calls(f"drift {size}% from 4 to 14", p) for p in range(RELEASES)]
    assert found[:5] == [100] * 5
    assert found == sorted(found)
    assert found[14:] == [100 + size] * 2
    steps = [b - a for a, b in itertools.pairwise(found)]
    assert max(steps) <= size // 10 + 1


def test_truth_is_what_the_processes_do():
    """The log ratio of the calls of two neighbours; nothing but zero where nothing changes."""
    table = truth()
    assert table.height == len(History.params[0]) * len(scenarios()) * (RELEASES - 1)
    step = table.filter(case="add 1, step 10% at 14", position=14)
    assert step["true"].to_list() == pytest.approx([log(1.1)])
    assert step.select("before", "after").row(0) == ("v14", "v15")
    assert table.filter(kind="equal")["true"].to_list() == [0.0] * (5 * 4 * 15)
    blip = table.filter(pl.col("case") == "add 1, blip 5% at 8", pl.col("true") != 0)
    assert blip["position"].to_list() == [8, 9]


def test_cases_have_the_places_that_asv_gives_them():
    """The index of a combination of parameters is that of asv: the last one runs fastest."""
    every = cases(("equal", "step", "blip", "drift"))
    combinations = [f"{k}, {s}" for k in History.params[0] for s in History.params[1]]
    assert [combinations[case.backends[""]] for case in every] == [case.label for case in every]
    assert {case.label.split(", ")[1].split()[0] for case in cases(("blip",))} == {"blip"}


def test_each_release_knows_its_place():
    """In the environment of its processes, and nothing else differs."""
    found = releases({"X": "1"})
    assert tuple(found) == ORDER
    assert found["v3"] == {"X": "1", "MLX_ASV_POSITION": "2"}
