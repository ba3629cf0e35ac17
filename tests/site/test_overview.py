from math import log

import polars as pl
import pytest
from mlx_asv.axes import Axes
from mlx_asv.site.overview import MOST_VALUES, PARTS, choices, maps, sentence
from mlx_asv.site.places import places
from mlx_asv.verdicts.published import published
from mlx_asv.verdicts.rule import Rule

from tests.site import played


def place_of(project):
    """The one place."""
    (found,) = places(project, "mac", Rule())
    return found


def rows_of(place, cases=None):
    """The one map's rows by benchmark."""
    ((backend, found),) = maps(place, cases or {}, Rule())
    assert backend == found["backend"] == played.MLX
    return {row["b"]: row for row in found["rows"]}


@pytest.fixture
def place(project):
    """Convolutions: 5 % faster, 15 % slower, the same; the rest stays."""
    played.keep(project, played.swept(log(0.95), log(1.15), 0.0))
    return place_of(project)


def test_letters_are_verdicts(place):
    """One for each release; the first has nothing before it."""
    rows = rows_of(place)
    assert rows[played.SLOWER[0]]["v"] == "0fs="
    assert rows[played.STILL[0]]["v"] == "0==="


def test_effects_are_against_the_release_before(place):
    """In log time, with the interval around them."""
    row = rows_of(place)[played.SLOWER[0]]
    assert row["e"][2] / PARTS == pytest.approx(log(1.15), abs=0.02)
    assert row["l"][2] < row["e"][2] < row["h"][2]
    assert row["e"][0] is None


def test_effects_are_against_the_best_before(place):
    """After a step up, every later release is slower than the best."""
    row = rows_of(place)[played.SLOWER[0]]
    assert row["w"] == "0fss"
    assert row["o"][3] / PARTS == pytest.approx(log(1.15), abs=0.02)
    assert rows_of(place)[played.STILL[0]]["w"] == "0==="


def test_a_release_that_a_series_lacks_is_empty(project):
    """The step is from the one before it."""
    frame = played.swept(0.0, 0.15, 0.0)
    gone = (pl.col("benchmark") == played.SLOWER[0]) & (pl.col("release") == "v0.30.0")
    played.keep(project, frame.filter(~gone))
    row = rows_of(place_of(project))[played.SLOWER[0]]
    assert row["v"] == "0= s"
    assert row["e"][2] is None


def test_confirmed_changes_are_capitals(place):
    """So that a page can frame them."""
    again = pl.when(pl.col("verdict") == "slower").then(pl.lit("slower"))
    frame = place.verdicts.drop("standing", "swept_effect").with_columns(
        confirmed=again, fresh_effect=pl.lit(0.1), fresh_low=pl.lit(0.05), fresh_high=pl.lit(0.15)
    )
    confirmed = type(place)(**{**vars(place), "verdicts": published(frame)})
    row = rows_of(confirmed)[played.SLOWER[0]]
    assert row["v"] == "0fS="
    assert row["e"][2] == 0.1 * PARTS
    assert "2 open regressions (all confirmed; none came with v0.31.1)" in sentence(confirmed)


def test_results_of_asv_have_no_verdicts(project):
    """The change is there, and the letter says that nobody judged it."""
    times = {
        tag: {("8x8", "mlx_cpu"): value}
        for tag, value in zip(played.RELEASES, (1, 2, 2, 1), strict=True)
    }
    played.store(project, "mac", times)
    ((_, found),) = maps(place_of(project), {}, Rule())
    (row,) = found["rows"]
    assert (row["v"], row["w"]) == ("0uuu", "0uuu")
    assert row["e"] == [None, round(log(2) * PARTS), 0, -round(log(2) * PARTS)]
    assert row["o"] == [None, round(log(2) * PARTS), round(log(2) * PARTS), 0]
    assert row["l"] == [None] * 4
    assert "no verdicts. `mlx-asv sweep`" in sentence(place_of(project))


def test_cases_are_in_the_order_of_the_suite(project):
    """Those that it does not know come last."""
    for number, case in enumerate(("8x8", "1x1", "64x64")):
        frame = played.swept(0.0, slower=played.SLOWER[:1], still=(), case=case, seed=number)
        played.keep(project, frame, case)
    order = {(played.SLOWER[0], case): number for number, case in enumerate(("64x64", "8x8"))}
    ((_, found),) = maps(place_of(project), order, Rule())
    assert [row["c"] for row in found["rows"]] == ["64x64", "8x8", "1x1"]


def of_dtypes(project):
    """One place; in bfloat16 alone convolutions became slower."""
    still, slower = played.swept(0.0, 0.0, 0.0), played.swept(0.0, 0.2, 0.0, seed=5)
    played.keep(project, played.with_dtypes(still, slower))
    return place_of(project)


def test_axes_on_which_cases_differ_can_be_chosen(project):
    """Each row says its values; an axis with one value is no choice."""
    ((_, found),) = maps(of_dtypes(project), {}, Rule())
    assert found["axes"] == [("dtype", ["bfloat16", "float32"])]
    rows = {(row["b"], row["a"]["dtype"]): row for row in found["rows"]}
    assert rows[played.SLOWER[0], "bfloat16"]["v"] == "0=s="
    assert rows[played.SLOWER[0], "float32"]["v"] == "0==="
    assert {row["a"]["case"] for row in rows.values()} == {"8x8"}
    assert {row["c"] for row in rows.values()} == {"8x8, float32", "8x8, bfloat16"}


def test_cases_of_one_parameter_have_no_axes_to_choose(place):
    """The case itself is what a row is."""
    ((_, found),) = maps(place, {}, Rule())
    assert found["axes"] == [] and all("a" not in row for row in found["rows"])


def test_an_axis_of_many_values_is_no_choice():
    """Nobody looks for one of hundreds in a list."""
    few = [{"n": str(number), "dtype": "f"} for number in range(MOST_VALUES)]
    assert choices(few) == [("n", [str(number) for number in range(MOST_VALUES)])]
    assert choices([*few, {"n": "more", "dtype": "f"}]) == []


def test_results_of_asv_have_axes_too(project):
    """As benchmarks.json describes them."""
    played.store(project, "mac", {"v0.31.1": {("8x8", "mlx_cpu"): 1e-3}})
    assert place_of(project).axes == {
        ("linear.MatMul.time_forward", "8x8"): Axes({"case": "'8x8'"})
    }


def test_sentence_counts_what_is_open_and_what_got_faster(place):
    """Candidates are called so by what is missing."""
    assert sentence(place) == (
        "2 open regressions (none confirmed; none came with v0.31.1); "
        "2 improvements since v0.29.0. "
        "v0.31.1 is slower than the best before it in 2 cases (none confirmed)."
    )
