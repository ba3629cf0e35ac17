"""Metrics other than time, from observations to verdicts."""

from math import log

import polars as pl
import pytest
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import series
from mlx_asv.metric import MEMORY, METRICS
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.fresh import fresh, pairs_of
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.pairs import SERIES
from mlx_asv.verdicts.rule import Rule
from mlx_asv.verdicts.sequential import StoppingRule, look
from mlx_asv.verdicts.verdict import Verdict, is_better, is_change, is_worse, words, worsening
from polars.testing import assert_frame_equal

from tests.test_metric import HITS, ULPS
from tests.verdicts.test_fresh import confirmation
from tests.verdicts.truth import MANY, QUIET, best, judged, levels, mixed, order, steps


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two metrics more: one of which less is worse, and one of differences."""
    for each in (HITS, ULPS):
        monkeypatch.setitem(METRICS, each.name, each)


def times(*changes: float, **options) -> pl.DataFrame:
    """A sweep in which two benchmarks of twelve change so."""
    sweep = QUIET.but(**options)
    return mixed(sweep, levels(*[0.0] * len(changes)), levels(*changes), MANY[:2])


def as_metric(observed: pl.DataFrame, name: str, value: pl.Expr | None = None) -> pl.DataFrame:
    """The same numbers, or others, of another metric."""
    return observed.with_columns(
        metric=pl.lit(name), value=pl.col("value") if value is None else value
    )


def as_memory(observed: pl.DataFrame) -> pl.DataFrame:
    """Bytes in place of seconds, one for each life."""
    lives = observed.filter(block=0).with_columns(pl.lit(None, pl.Int32).alias("block"))
    return as_metric(lives, "memory", pl.col("value") * 4e10)


def test_memory_is_judged_beside_time_and_changes_nothing_there() -> None:
    """Each metric has its own words, q-values and priors."""
    time, memory = times(0.0, 0.15), as_memory(times(0.2, 0.0, seed=7, noise=0.0, slowdown=1.0))
    both, alone = judged(time, memory), judged(time)
    of_time = both.verdicts.filter(metric="time")
    assert_frame_equal(of_time, alone.verdicts)
    assert_frame_equal(both.suite.filter(metric="time"), alone.suite)
    found = steps(both, metric="memory", benchmark=MANY[0])
    assert found["verdict"].to_list() == ["more memory", "same"]
    assert found["effect"][0] == pytest.approx(0.2, abs=0.02)
    assert set(both.verdicts["metric"]) == {"time", "memory"}
    words_of_time = set(words(METRICS["time"]))
    assert set(of_time["verdict"]) <= words_of_time


def test_memory_has_its_own_threshold_and_floor() -> None:
    """4 % of time matter, of memory they do not; lives that agree exactly are not certain."""
    exact = {"life": 0.0, "noise": 0.0, "slowdown": 1.0}
    found = judged(times(0.04, **exact), as_memory(times(0.04, **exact)))
    (time,), (memory,) = (
        steps(found, metric=name, benchmark=MANY[0]).to_dicts() for name in ("time", "memory")
    )
    assert (time["verdict"], memory["verdict"]) == ("slower", "same")
    assert memory["error"] / time["error"] == pytest.approx(MEMORY.floor / 0.005, rel=0.01)


def test_threshold_that_is_chosen_goes_for_both() -> None:
    """As `--threshold` says."""
    found = judged(times(0.15), as_memory(times(0.15)), rule=Rule(log(1.5)))
    assert set(steps(found)["verdict"]) == {Verdict.SAME}


@pytest.mark.usefixtures("made_up")
def test_less_can_be_worse() -> None:
    """The same numbers have the mirrored verdicts: words, states, the best so far, recoveries."""
    time = times(0.2, -0.2, 0.2)
    slower, fewer = judged(time), judged(as_metric(time, "hits", 1 / pl.col("value")))
    same = ("benchmark", "before", "after", "comparison", "state", "reason", "scope", "suite_wide")
    assert_frame_equal(slower.verdicts.select(same), fewer.verdicts.select(same))
    turned = {"slower": "fewer hits", "faster": "more hits"}
    assert fewer.verdicts["verdict"].to_list() == (
        slower.verdicts["verdict"].replace(turned).to_list()
    )
    states = steps(fewer, benchmark=MANY[0])["state"].to_list()
    assert states == ["recovered in v3", None, "open"]
    (latest,) = best(fewer, benchmark=MANY[0]).to_dicts()
    assert (latest["verdict"], latest["effect"]) == ("fewer hits", pytest.approx(-0.2, abs=0.02))
    assert fewer.verdicts["effect"].to_list() == pytest.approx(
        (-slower.verdicts["effect"]).to_list(), abs=1e-6
    )


@pytest.mark.usefixtures("made_up")
def test_less_is_worse_in_fresh_replicates_too() -> None:
    """A look at the same ratios says the opposite."""
    rule = StoppingRule()
    for ratios, said in (([0.1] * 5, "more hits"), ([-0.1] * 5, "fewer hits"), ([0.0] * 5, "same")):
        assert look(ratios, rule.of(HITS)).decision == said
    observed = as_metric(confirmation(0.2), "hits")
    (row,) = fresh(observed, rule).to_dicts()
    assert (row["metric"], row["confirmed"]) == ("hits", "more hits")


@pytest.mark.usefixtures("made_up")
def test_differences_are_compared_where_ratios_mean_nothing() -> None:
    """Values may be nought; an effect is in the unit, and a series adds it to the anchor."""
    time = times(0.0, 0.5, noise=0.0, slowdown=1.0, life=0.0)
    observed = as_metric(time, "ulps", (pl.col("value") / 1e-3 - 1) * 10)
    found = judged(observed)
    (_, step) = steps(found, benchmark=MANY[0]).to_dicts()
    assert step["verdict"] == "slower"  # its word, here
    assert step["effect"] == pytest.approx(10 * (2.718281828**0.5 - 1), rel=1e-6)
    assert set(steps(found, benchmark=MANY[5])["verdict"]) == {"same"}
    table = series(life_levels(observed)).filter(benchmark=MANY[0])
    assert table["value"].to_list() == pytest.approx(table["raw"].to_list(), abs=1e-6)
    assert table["value"][0] == pytest.approx(0.0, abs=1e-9)


def test_confirmations_judge_what_memory_they_recorded() -> None:
    """By memory's rule, whatever was decided of time; lost arms belong to both."""
    time = confirmation(0.0)
    memory = as_memory(confirmation(0.3, noise=0.0, slowdown=1.0))
    lost = time.filter(role="twin", replicate=0, block=0).with_columns(
        **dict.fromkeys(("metric", "block", "value")), outcome=pl.lit("failed")
    )
    every = pl.concat([time, memory, lost.cast(time.schema)])
    found = fresh(every, StoppingRule())
    assert dict(found.select("metric", "confirmed").iter_rows()) == {
        "time": "same",
        "memory": "more memory",
    }
    assert_frame_equal(found.filter(metric="time"), fresh(time, StoppingRule()))
    assert all(part["outcome"].is_in(["failed"]).any() for _, part in pairs_of(every))


def test_entry_is_about_the_metric_that_it_names() -> None:
    """Time, if it names none."""
    observed = life_levels(pl.concat([times(0.2), as_memory(times(0.2))]))
    for name, states in (("time", ("accepted", "open")), ("memory", ("open", "accepted"))):
        entry = Accepted("Operation", "v2", "because", "https://x", name)
        found = judge(observed, order(2), None, [entry])
        assert found.stale == []
        for metric, state in zip(("time", "memory"), states, strict=True):
            assert set(steps(found, metric=metric)["state"].drop_nulls()) == {state}


def test_words_of_a_verdict_are_read_by_the_metric() -> None:
    """`slower` is worse of time alone; what is no change is none of any."""
    frame = pl.DataFrame(
        [
            ("time", "slower", 0.1),
            ("time", "faster", -0.1),
            ("memory", "more memory", 0.1),
            ("memory", "slower", 0.1),
            ("memory", "less memory", -0.1),
            ("memory", "same", 0.0),
            ("time", "inconclusive", 0.0),
        ],
        schema=["metric", "verdict", "effect"],
        orient="row",
    )
    assert frame.select(is_worse())["verdict"].to_list() == [1, 0, 1, 0, 0, 0, 0]
    assert frame.select(is_better())["verdict"].to_list() == [0, 1, 0, 0, 1, 0, 0]
    assert frame.select(is_change())["verdict"].to_list() == [1, 1, 1, 0, 1, 0, 0]
    assert frame.select(worsening())["effect"].to_list() == frame["effect"].to_list()


@pytest.mark.usefixtures("made_up")
def test_worsening_turns_what_less_of_is_worse() -> None:
    """So that the worst comes first."""
    frame = pl.DataFrame({"metric": ["hits", "time"], "effect": [-0.3, -0.3]})
    assert frame.select(worsening())["effect"].to_list() == [0.3, -0.3]


def test_metric_is_part_of_a_series() -> None:
    """And of what is never compared with anything else."""
    assert "metric" in SERIES
