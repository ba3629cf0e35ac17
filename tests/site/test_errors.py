"""What each release gives by itself: the data of its page, and what cards say of errors."""

import pytest
from mlx_asv.axes import Axes
from mlx_asv.metric import ERROR, GROWTH, TIME
from mlx_asv.observations.store import case_key
from mlx_asv.site.errors import data, sentence, shown
from mlx_asv.site.feed import feed
from mlx_asv.site.places import places
from mlx_asv.site.regressions import cards
from mlx_asv.verdicts.rule import Rule

from tests.site.conftest import keep_tracked

HARD = Axes.of(case="4x16384", dtype="float16", mode="forward")


@pytest.fixture
def kept(project):
    """A machine of known errors and growth."""
    keep_tracked(project)
    return project


def of(project, metric):
    """What a metric says of the one place."""
    (found,) = places(project, "mac", Rule(), metric)
    return found


def test_only_metrics_with_limits_are_shown(kept):
    """Errors and growth, where they were tracked."""
    assert [shown(of(kept, metric)) for metric in (TIME, ERROR, GROWTH)] == [False, True, True]


def test_a_sentence_says_how_many_are_beyond(kept):
    """Of the cases whose limit is known, at the latest release of each."""
    assert sentence(of(kept, ERROR)) == "1 of 3 cases is over tolerance at the latest release."
    assert sentence(of(kept, GROWTH)) == "1 of 1 cases is growing at the latest release."


def test_a_row_is_an_operation_and_an_element_type(kept):
    """With one rounding, and for each release the value, its limit, the step, and the case."""
    found = data(of(kept, ERROR), kept.facts.case)
    assert [(row["name"], row["kind"]) for row in found["rows"]] == [
        ("Exp", "float32"),
        ("RowSum", "float32"),
        ("RowSum", "float16"),
    ]
    *_, half = found["rows"]
    assert half["rounding"] == 2.0**-11
    allowed = pytest.approx(1.0076e-3, rel=1e-3)
    case = [HARD.text, case_key("precision.RowSum.track_error", HARD.label)]
    assert half["cells"] == [
        [0.04, allowed, "", True, *case, "over tolerance"],
        [0.04, allowed, "", True, *case, "over tolerance"],
        [0.001, allowed, "f", False, *case, "within tolerance"],
        [0.001, allowed, "", False, *case, "within tolerance"],
    ]
    assert found["rows"][0]["cells"][0][4] == "3000, float32, forward"
    (beyond,) = found["beyond"]
    assert (beyond["name"], beyond["c"]) == ("RowSum", "4x16384, float32, forward")
    assert (beyond["value"], beyond["since"]) == (3e-6, "v0.29.0")


def test_growth_has_a_row_for_each_case(kept):
    """And no yardstick but its limit."""
    found = data(of(kept, GROWTH), kept.facts.case)
    (row,) = found["rows"]
    assert (row["name"], row["kind"], row["rounding"]) == ("Growth", "TrainStep, active", None)
    assert [cell[:4] for cell in row["cells"][:2]] == [[0, 1e6, "", False], [3.1e6, 1e6, "s", True]]
    assert [each["since"] for each in found["beyond"]] == ["v0.29.1"]


def test_a_card_says_that_results_are_more_exact(kept):
    """As a fact beside the slowdown, with the case of the error; and so does the feed."""
    found = cards(of(kept, TIME), kept.lock, [])
    (step,) = found[0]["steps"]
    key = case_key("precision.RowSum.track_error", HARD.label)
    told = {"told": "40 times more exact", "of": f"RowSum {HARD.text}", "k": key}
    assert step["exact"] == told
    text = feed("MLX", found, {"mac": "mac"}, kept.lock).decode()
    assert f"; its results are 40 times more exact since then (RowSum {HARD.text})" in text


def test_the_card_of_an_error_says_it_once(kept):
    """Growth has no error beside it, and an error is its own."""
    (grown,) = cards(of(kept, GROWTH), kept.lock, [])
    assert "exact" not in grown["steps"][0]
    assert cards(of(kept, ERROR), kept.lock, []) == []
