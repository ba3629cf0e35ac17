from math import inf

import polars as pl
import pytest
from mlx_asv.verdicts.fresh import FRESH
from mlx_asv.verdicts.published import improvements, published, regressions, slower_than_best

ROW = {
    "metric": "time",
    "comparison": "step",
    "verdict": "slower",
    "effect": 0.2,
    "low": 0.1,
    "high": 0.3,
}


def frame(*rows):
    """Verdicts with what matters here; columns of fresh measurements if a row has one."""
    found = pl.DataFrame([{**ROW, **row} for row in rows])
    return found.with_columns(
        pl.col(name).cast(kind) for name, kind in FRESH.items() if name in found.columns
    )


def test_sweeps_find_candidates():
    """Without the columns of a new measurement, and with null in them."""
    (row,) = published(frame({})).to_dicts()
    assert (row["standing"], row["effect"], row["verdict"]) == ("candidate", 0.2, "slower")
    assert row["fresh_replicates"] is None
    (row,) = published(
        frame({"confirmed": None, "fresh_effect": None, "fresh_low": None, "fresh_high": None})
    ).to_dicts()
    assert (row["standing"], row["effect"]) == ("candidate", 0.2)


FOUND_AGAIN = {"confirmed": "slower", "fresh_effect": 0.1, "fresh_low": 0.08, "fresh_high": 0.12}


def test_what_is_found_again_has_the_size_of_the_new_measurement():
    """The sweep's own is kept beside it."""
    (row,) = published(frame(FOUND_AGAIN)).to_dicts()
    assert row["standing"] == "confirmed"
    assert (row["effect"], row["low"], row["high"]) == (0.1, 0.08, 0.12)
    assert row["swept_effect"] == 0.2


def test_a_change_that_nothing_disturbs_is_no_candidate():
    """It has no standing, and stands; fresh replicates, if there are any, count."""
    more = {"metric": "instructions", "verdict": "more instructions"}
    (row,) = published(frame(more)).to_dicts()
    assert (row["standing"], row["verdict"], row["effect"]) == (None, "more instructions", 0.2)
    assert regressions(published(frame(more))).height == 1
    (again,) = published(frame({**FOUND_AGAIN, **more, "confirmed": "same"})).to_dicts()
    assert again["standing"] == "dismissed"


@pytest.mark.parametrize("verdict", ["same", "inconclusive"])
def test_what_is_not_found_again_is_no_regression(verdict):
    """Nor is it shown as one."""
    found = published(frame({**FOUND_AGAIN, "confirmed": verdict}))
    assert found["standing"].to_list() == ["dismissed"]
    assert found["verdict"].to_list() == [verdict]
    assert regressions(found).is_empty()


def test_steps_and_no_comparisons_with_the_best():
    """Of what is slower, and of what is faster."""
    found = published(frame({}, {"comparison": "best"}, {"verdict": "faster", "effect": -0.2}))
    assert regressions(found)["effect"].to_list() == [0.2]
    assert improvements(found)["effect"].to_list() == [-0.2]


def test_latest_slower_than_the_best_is_open_or_none():
    """What is accepted, or was not found again, is left out; steps are no such comparison."""
    best = {"comparison": "best", "state": "open"}
    found = published(
        frame(
            {**FOUND_AGAIN, "state": "open"},
            {**FOUND_AGAIN, **best},
            {**FOUND_AGAIN, **best, "confirmed": "same"},
            {**FOUND_AGAIN, **best, "state": "accepted"},
            {**FOUND_AGAIN, **best, "verdict": "faster", "confirmed": "faster"},
        )
    )
    assert slower_than_best(found).select("effect", "standing").rows() == [(0.1, "confirmed")]


def test_bounds_of_nothing_are_null():
    """Where nothing is known of the spread the interval is infinite."""
    (row,) = published(frame({"verdict": "inconclusive", "low": -inf, "high": inf})).to_dicts()
    assert (row["low"], row["high"], row["standing"]) == (None, None, None)
