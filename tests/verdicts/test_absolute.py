"""What is said of a release by itself, and how a step that crosses a limit is judged."""

import polars as pl
import pytest
from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import ERROR, GROWTH
from mlx_asv.verdicts.absolute import BOTH_SIDES, FEW, latest
from mlx_asv.verdicts.judge import Judgement, judge
from mlx_asv.verdicts.scope import Known

from tests.verdicts.test_exact import REPLICATES, exactly, observed
from tests.verdicts.truth import order

ALLOWED = 1e-6


def of(*frames: pl.DataFrame, allowed: float | None = ALLOWED, case: str = "8x8") -> Judgement:
    """Judged, by a suite that allows so much of every benchmark's case."""
    names = pl.concat(frames)["benchmark"].unique()
    limits = {} if allowed is None else {(name, case): allowed for name in names}
    return judge(life_levels(pl.concat(frames)), order(9), known=Known(allowed=limits))


def said(found: Judgement) -> list[str]:
    """The verdicts on the releases of the only series, oldest first."""
    return found.absolute["verdict"].to_list()


def test_an_error_is_within_its_tolerance_or_over_it() -> None:
    """By what the suite allows of the case, the limit itself included; with the values."""
    found = of(exactly(1e-6, 1.1e-6, 5e-7))
    assert said(found) == ["within tolerance", "over tolerance", "within tolerance"]
    row = found.absolute.row(1, named=True)
    assert (row["release"], row["most"], row["replicates"]) == ("v2", ALLOWED, REPLICATES)
    assert row["value"] == row["least"] == row["largest"] == 1.1e-6


def test_growth_is_flat_or_growing_whatever_it_was_before() -> None:
    """Over a megabyte it grows, of any case; nothing of a suite is needed. Less is flat."""
    found = of(exactly(3.1e6, 3.1e6, 4096.0, -2e6, metric=GROWTH), allowed=None)
    assert said(found) == ["growing", "growing", "flat", "flat"]
    row = found.absolute.row(0, named=True)
    assert GROWTH.told(row["value"], row["most"]) == "3.1 MB from call 100 to 500"


def test_nothing_is_said_where_no_limit_is_known() -> None:
    """Of an error of which the suite says nothing; of time."""
    assert of(exactly(1e-6, 1e-3), allowed=None).absolute.is_empty()


@pytest.mark.parametrize(
    ("values", "reason"), [([0.9e-6, 1.2e-6, 0.9e-6], BOTH_SIDES), ([5e-6], FEW)]
)
def test_replicates_that_do_not_tell_are_inconclusive(values: list[float], reason: str) -> None:
    """On both sides of the limit, or one alone."""
    found = of(observed([values, values]))
    assert set(said(found)) == {"inconclusive"}
    assert set(found.absolute["reason"]) == {reason}


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        ([0.8e-6, 1.2e-6, 0.8e-6], ["less exact", "more exact"]),
        ([0.4e-6, 0.6e-6, 0.4e-6], ["same", "same"]),
        ([1.2e-6, 1.8e-6, 1.2e-6], ["same", "same"]),
    ],
)
def test_a_step_over_the_limit_is_a_change(values: list[float], verdicts: list[str]) -> None:
    """And one back; of less than a factor of 2 none that stays on its side."""
    found = of(exactly(*values)).verdicts.filter(comparison="step")
    assert found["verdict"].to_list() == verdicts


def test_growth_that_begins_is_more_growth() -> None:
    """From 0.9 to 1.2 MB: from flat to growing, though it is less than a megabyte more."""
    found = of(exactly(0.9e6, 1.2e6, metric=GROWTH), allowed=None)
    assert said(found) == ["flat", "growing"]
    assert found.verdicts.filter(comparison="step")["verdict"].to_list() == ["more growth"]


def test_what_is_still_over_the_limit_has_not_recovered() -> None:
    """Though it is within a factor of the release before the step."""
    found = of(exactly(0.8e-6, 1.9e-6, 1.1e-6)).verdicts.filter(comparison="step")
    assert found["state"].to_list() == ["open", None]
    back = of(exactly(0.8e-6, 1.9e-6, 0.9e-6)).verdicts.filter(comparison="step")
    assert back["state"].to_list() == ["recovered in v3", None]


def test_the_latest_release_says_since_when() -> None:
    """Since the first of the releases in succession that have its verdict."""
    found = of(exactly(5e-6, 1e-7, 5e-6, 6e-6), exactly(1e-7, 1e-7, 1e-7, name="ops.B"))
    rows = latest(found.absolute).select("benchmark", "release", "verdict", "since").rows()
    assert rows == [
        ("ops.A", "v4", "over tolerance", "v3"),
        ("ops.B", "v3", "within tolerance", "v1"),
    ]


def test_limits_are_those_of_metrics_that_have_one() -> None:
    """Growth has the same for all cases, an error each case its own."""
    assert GROWTH.limit is not None and GROWTH.limit.most == GROWTH.threshold
    assert ERROR.limit is not None and ERROR.limit.most is None
    assert ERROR.told(2.6e-5, 1e-6) == "2.6e-05, of 1e-06 allowed"
