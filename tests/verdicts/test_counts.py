"""Counts of instructions, from observations to verdicts."""

from math import log

import polars as pl
import pytest
from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.rule import Doubt, Rule

from tests.verdicts.counts import TWIN, counted
from tests.verdicts.truth import MANY, best, judged, order, steps

SAME = {"same"}


def test_a_change_is_found_without_any_time() -> None:
    """Two replicates are enough; with its size, and of the others none."""
    found = judged(counted(0.0, log(1.02), 0.0))
    (before, change, after) = steps(found, benchmark=MANY[0]).to_dicts()
    assert [row["verdict"] for row in (before, change, after)] == [
        "same",
        "more instructions",
        "same",
    ]
    assert change["effect"] == pytest.approx(log(1.02), abs=5e-4)
    assert change["low"] < log(1.02) < change["high"] and change["high"] - change["low"] < 0.002
    assert change["state"] == "open"
    assert set(steps(found, benchmark=MANY[5])["verdict"]) == SAME
    (latest,) = best(found, benchmark=MANY[0]).to_dicts()
    assert latest["verdict"] == "more instructions"


def test_what_goes_back_has_recovered() -> None:
    """As of time."""
    found = steps(judged(counted(0.1, -0.1)), benchmark=MANY[0])
    assert found["state"].to_list() == ["recovered in v3", None]
    assert found["verdict"].to_list() == ["more instructions", "fewer instructions"]


@pytest.mark.parametrize("spread", [1e-6, 1e-5, 1e-4, 1e-3, 5e-3])
@pytest.mark.parametrize("count", [2, 3, 12])
def test_equal_releases_are_never_a_change(spread: float, count: int) -> None:
    """However many are compared, and whatever counts vary by."""
    for seed in range(4):
        observed = counted(*[0.0] * (count - 1), spread=spread, seed=seed)
        found = judged(observed, count=count)
        assert set(found.verdicts["verdict"]) <= {"same", "inconclusive"}
        if spread <= 1e-4:
            assert set(found.verdicts["verdict"]) == SAME


def test_counts_that_agree_exactly_are_not_certain() -> None:
    """Their interval is that of the least spread that is believed: 0.01 %."""
    found = judged(counted(0.0, 0.02, spread=0.0))
    rows = steps(found)
    assert rows["spread"].to_list() == pytest.approx([INSTRUCTIONS.floor] * rows.height)
    assert (rows["high"] - rows["low"]).to_numpy() == pytest.approx(2.8e-4, rel=0.1)
    (change,) = steps(found, benchmark=MANY[0], after="v3").to_dicts()
    assert change["verdict"] == "more instructions"


def test_a_few_noisy_cases_among_exact_ones_are_not_believed_to_be_exact() -> None:
    """Twelve releases of a case tell what the case varies by, whatever others do."""
    observed = pl.concat(
        [
            counted(*[0.0] * 11, those=(), spread=0.0),
            counted(*[0.0] * 11, those=(), spread=5e-3)
            .filter(benchmark=MANY[0])
            .with_columns(benchmark=pl.lit("ops.Noisy")),
        ]
    )
    found = steps(judged(observed, count=12))
    noisy = found.filter(benchmark="ops.Noisy")
    assert noisy["spread"].to_numpy() == pytest.approx(2**0.5 * 5e-3, rel=0.4)
    assert not noisy["verdict"].is_in(INSTRUCTIONS.changes).any()
    assert set(found.filter(pl.col("benchmark") != "ops.Noisy")["verdict"]) == SAME


def test_an_offset_of_equal_releases_counts_as_spread() -> None:
    """A twin that is 0.5 % from the reference in every replicate: 2 % may be such an offset, of
    this series, whatever its replicates say; 4 % is none."""
    for change, said in ((0.02, "inconclusive"), (0.04, "more instructions")):
        observed = counted(change)
        moved = (pl.col("label") == "v2" + TWIN) & (pl.col("benchmark") == MANY[0])
        observed = observed.with_columns(
            value=pl.when(moved).then(pl.col("value") * 1.005).otherwise("value")
        )
        found = steps(judged(observed))
        (row,) = found.filter(benchmark=MANY[0]).to_dicts()
        assert row["verdict"] == said
        assert row["spread"] == pytest.approx(0.005, rel=0.1)
        assert row["mde"] > 5 * row["spread"]
        assert row["reason"] == (Doubt.SPREAD if said == "inconclusive" else None)
        assert found.filter(benchmark=MANY[1])["verdict"].to_list() == ["more instructions"]


def test_smaller_changes_are_told_on_request() -> None:
    """0.3 % is the same, unless 0.1 % matters; what is near the spread never is a change."""
    observed = counted(0.003, spread=1e-4)
    assert steps(judged(observed), benchmark=MANY[0])["verdict"].to_list() == ["same"]
    found = judge(life_levels(observed), order(2), Rule(log(1.001)))
    assert steps(found, benchmark=MANY[0])["verdict"].to_list() == ["more instructions"]
    vague = judge(life_levels(counted(0.003, spread=1e-3)), order(2), Rule(log(1.001)))
    assert not steps(vague)["verdict"].is_in(INSTRUCTIONS.changes).any()


def test_one_replicate_decides_nothing() -> None:
    """There is nothing to compare it with."""
    (row,) = steps(judged(counted(0.1, replicates=1)), benchmark=MANY[0]).to_dicts()
    assert (row["verdict"], row["reason"]) == ("inconclusive", Doubt.ONE_REPLICATE)
