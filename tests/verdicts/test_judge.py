"""From raw visits with known truth to verdicts."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_asv.effects.lives import LEVELS, life_levels
from mlx_asv.verdicts.judge import VERDICTS, judge
from mlx_asv.verdicts.rule import Rule
from polars.testing import assert_frame_equal

from tests.effects.synthetic import Sweep
from tests.verdicts.truth import MANY, MLX, QUIET, TORCH, best, judged, levels, mixed, order, steps

ONE = MANY[:1]


def verdicts(judgement, **wanted):
    """How many of each."""
    return dict(judgement.verdicts.filter(**wanted).group_by("verdict").len().rows())


# -- what is there is found ------------------------------------------------------------------


@pytest.mark.parametrize("change", [0.06, 0.1, 0.5, -0.06, -0.3])
def test_step_is_found_at_its_release(change):
    """In the series that has it, at the release that has it, with its size in the interval."""
    changes = [0.0, 0.0, change, 0.0]
    found = judged(mixed(QUIET, levels(*[0.0] * 4), levels(*changes), ONE))
    (row,) = steps(found, benchmark=ONE[0], after="v4").to_dicts()
    assert row["verdict"] == ("slower" if change > 0 else "faster")
    assert row["effect"] == pytest.approx(change, abs=0.015)
    assert row["low"] < change < row["high"]
    others = steps(found).filter(~((pl.col("benchmark") == ONE[0]) & (pl.col("after") == "v4")))
    assert not others["verdict"].is_in(["slower", "faster"]).any()


def test_blip_is_slower_and_then_faster():
    """Two steps of the same size; and the latest is as good as the best."""
    found = judged(mixed(QUIET, levels(*[0.0] * 4), levels(0.0, 0.1, -0.1, 0.0), ONE))
    mine = steps(found, benchmark=ONE[0]).sort("after")
    assert mine["verdict"].to_list()[1:3] == ["slower", "faster"]
    assert not best(found, benchmark=ONE[0])["verdict"].is_in(["slower"]).any()


def test_drift_is_no_step_and_the_latest_is_slower_than_the_best():
    """2 % with every release: each within the threshold, 13 % in all."""
    found = judged(mixed(QUIET, levels(*[0.0] * 6), levels(*[0.02] * 6), ONE), count=7)
    assert "slower" not in verdicts(found, benchmark=ONE[0], comparison="step")
    (row,) = best(found, benchmark=ONE[0]).to_dicts()
    assert (row["verdict"], row["state"], row["before"]) == ("slower", "open", "v1")
    assert row["effect"] == pytest.approx(0.12, abs=0.02)


def test_equal_releases_are_the_same():
    """With little noise nearly all are said to be so, and none to differ."""
    found = judged(QUIET.but(life=0.001, replicates=5).observe(levels(*[0.0] * 5)))
    counted = verdicts(found, comparison="step")
    assert set(counted) <= {"same", "inconclusive"}
    assert counted["same"] >= 57


@pytest.mark.parametrize("noise", ["normal", "heavy", "wrong lives"])
def test_equal_releases_are_rarely_called_slower(noise):
    """1,500 A/A comparisons of each kind of noise: at most one is slower, and one faster."""
    rng = np.random.default_rng(3)
    names = tuple(f"ops.Operation{n}" for n in range(300))
    sweep = Sweep(7, life=0.01, noise=0.02, blocks=5, benchmarks=names)
    observed = sweep.observe(levels(*[0.0] * 5))
    lives = observed.select("benchmark", "label", "replicate").unique(maintain_order=True)
    off = {
        "normal": np.zeros(len(lives)),
        "heavy": 0.01 * rng.standard_t(3, len(lives)),
        "wrong lives": np.where(rng.random(len(lives)) < 0.05, 0.3, 0.0),
    }[noise]
    observed = observed.join(
        lives.with_columns(pl.Series("off", off)), on=["benchmark", "label", "replicate"]
    ).with_columns(pl.col("value") * pl.col("off").exp())
    counted = verdicts(judged(observed), comparison="step")
    assert sum(counted.values()) == 1500
    assert counted.get("slower", 0) <= 1
    assert counted.get("faster", 0) <= 1


def test_false_discoveries_stay_few_among_true_ones():
    """A fifth of 300 series changes at v3: of all that is called changed, few are wrong."""
    names = tuple(f"ops.Operation{n}" for n in range(300))
    sweep = Sweep(8, life=0.01, noise=0.01, blocks=5, benchmarks=names, replicates=5)
    observed = mixed(sweep, levels(*[0.0] * 4), levels(0.0, 0.08, 0.0, 0.0), names[:60])
    found = steps(judged(observed)).filter(pl.col("verdict").is_in(["slower", "faster"]))
    true = found.filter(pl.col("benchmark").is_in(names[:60]), pl.col("after") == "v3")
    assert len(true) >= 50
    assert len(found) - len(true) <= 0.1 * len(found)


def test_threshold_is_the_users():
    """5 % matters to one, and not to another."""
    observed = mixed(QUIET, levels(0.0), levels(0.05), ONE)
    for threshold, verdict in ((0.02, "slower"), (0.1, "same")):
        found = judged(observed, rule=Rule(threshold))
        assert steps(found, benchmark=ONE[0])["verdict"].to_list() == [verdict]


# -- what is degenerate ----------------------------------------------------------------------


def test_one_replicate_is_never_slower():
    """Not alone, nor among series with more, from which its interval is finite."""
    truth = levels(0.0, 0.5)
    alone = judged(QUIET.but(replicates=1).observe(truth))
    assert set(alone.verdicts["verdict"]) == {"inconclusive"}
    once = QUIET.but(replicates=1, benchmarks=("ops.Once",), seed=3)
    found = steps(judged(QUIET.observe(truth), once.observe(truth)), benchmark="ops.Once")
    assert found["low"].is_finite().all()
    assert found.filter(after="v3")["verdict"].to_list() == ["inconclusive"]
    assert found.filter(after="v3")["reason"].to_list() == ["one replicate"]


def test_one_replicate_on_one_side_is_never_slower():
    """Pairs that never met count the side that has fewer."""
    v1, v2, v3 = levels(0.0, 0.5)
    old = QUIET.but(groups=[[v1, v2]]).observe(levels(0.0, 0.5))
    new = QUIET.but(seed=2, name="2026-06", replicates=1, groups=[[v1, v3]])
    found = steps(judged(old, new.observe(levels(0.0, 0.5))), after="v3")
    assert set(found["replicates"]) == {1}
    assert set(found["verdict"]) == {"inconclusive"}


def test_values_that_are_all_equal():
    """No spread at all is not no doubt at all: the floor of 0.5 % stays; equal is the same."""
    silent = QUIET.but(life=0.0, noise=0.0, slowdown=1.0)
    found = judged(silent.observe(levels(0.0, 0.05)))
    assert verdicts(found, after="v2", comparison="step") == {"same": 12}
    assert verdicts(found, after="v3", comparison="step") == {"slower": 12}
    assert (found.verdicts["high"] > found.verdicts["low"]).all()


@pytest.mark.parametrize("change", [0.0, 0.15])
def test_timer_that_ticks_coarsely(change):
    """Visits rounded to 2 % of the time: equal is not called different, 15 % is found."""
    observed = QUIET.observe(levels(change)).with_columns(pl.col("value") / 2)
    ticking = observed.with_columns((pl.col("value") / 2e-5).round().clip(1) * 2e-5)
    counted = verdicts(judged(ticking), comparison="step")
    assert counted.get("slower", 0) >= 11 if change else "slower" not in counted
    assert "faster" not in counted


def test_version_that_changed_is_no_step():
    """Twice as slow, because it measures something else since v3: two series."""
    observed = QUIET.observe(levels(0.0, 0.7, 0.0))
    newer = pl.col("label").is_in(["v3", "v4"])
    version = pl.when(newer).then(pl.lit("2")).otherwise("version").alias("version")
    again = observed.filter(label="v1").with_columns(
        pl.lit("2").alias("version"), pl.col("value") * 2
    )
    found = judged(observed.with_columns(version), again)
    assert not found.verdicts.filter(before="v2", after="v3").height
    assert "slower" not in verdicts(found)


def test_releases_that_nothing_connects_are_inconclusive():
    """With the reason, in all that is written; their neighbours are judged as ever."""
    old = QUIET.observe(levels(0.1))
    new = (
        QUIET.but(name="2026-06", seed=2)
        .observe(levels(0.1))
        .with_columns(pl.col("label", "release").replace({"v1": "v3", "v2": "v4"}))
    )
    found = judged(old, new)
    assert verdicts(found, after="v3") == {"inconclusive": 12}
    assert set(found.verdicts.filter(after="v3")["reason"]) == {"no common reference"}
    assert verdicts(found, comparison="step", after="v4") == {"slower": 12}
    assert found.suite["after"].to_list() == ["v2", "v4"]


def test_machine_that_is_slower_for_a_while_is_no_regression():
    """Half of one replicate takes 1.8 times as long, on every arm: the blocks take it out."""
    observed = QUIET.observe(levels(0.0, 0.0, 0.0))
    busy = (pl.col("replicate") == 1) & (pl.col("block") >= 4)
    seconds = pl.when(busy).then(pl.col("value") * 1.8).otherwise("value")
    counted = verdicts(judged(observed.with_columns(seconds.alias("value"))))
    assert not {"slower", "faster"} & set(counted)


def test_release_order_is_the_lists():
    """v10 comes after v9, whatever the alphabet says."""
    names = ["v8", "v9", "v10", "v11"]
    truth = {(MLX, name): 1e-3 * (1.1 if name in names[2:] else 1.0) for name in names}
    found = judge(life_levels(QUIET.but(reference="v8").observe(truth)), names)
    assert verdicts(found, comparison="step", after="v10") == {"slower": 12}
    assert set(found.verdicts.filter(verdict="slower", comparison="step")["after"]) == {"v10"}
    mine = found.verdicts.filter(benchmark=MANY[0], comparison="step")
    assert mine["after"].to_list() == names[1:]


def test_nothing_gives_nothing():
    """No observations, or only a reference and controls."""
    empty = judge(pl.DataFrame(schema=LEVELS), order(3))
    assert empty.verdicts.is_empty() and empty.verdicts.schema == VERDICTS
    found = judged(QUIET.observe({**levels(), (TORCH, "v1"): 1e-3}))
    assert found.verdicts.is_empty() and found.suite.is_empty()


# -- what is independent ---------------------------------------------------------------------


def test_machines_are_judged_by_themselves():
    """The noise of one is none of the other's."""
    quiet = QUIET.observe(levels(0.0, 0.06))
    wild = QUIET.but(life=0.2, seed=5).observe(levels(0.0, 0.06))
    wild = wild.with_columns(pl.lit("pc").alias("machine"))
    both = judged(quiet, wild).verdicts
    assert_frame_equal(both.filter(machine="mac"), judged(quiet).verdicts)
    assert_frame_equal(both.filter(machine="pc"), judged(wild).verdicts)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), unit=st.sampled_from([1e-3, 1.0, 1e3]))
def test_order_of_rows_and_unit_of_time_do_not_matter(seed, unit):
    """Shuffled, and in other units: the same verdicts for the same reasons."""
    sweep = QUIET.but(benchmarks=MANY[:4], blocks=5, replicates=2)
    observed = mixed(sweep, levels(0.0, 0.0), levels(0.2, -0.1), ONE)
    changed = observed.sample(fraction=1, shuffle=True, seed=seed)
    changed = changed.with_columns(pl.col("value") * unit)
    columns = ["benchmark", "before", "after", "comparison", "verdict", "reason", "state", "scope"]
    before, after = (judged(each).verdicts.select(columns) for each in (observed, changed))
    assert_frame_equal(before, after)


@settings(max_examples=20)
@given(
    changes=st.lists(st.sampled_from([0.0, 0.0, 0.1, -0.1, 1.0]), max_size=4),
    replicates=st.integers(1, 4),
    life=st.sampled_from([0.0, 0.01, 0.3]),
    lost=st.sets(st.sampled_from(["v1", "v2", "v3"])),
)
def test_every_verdict_keeps_its_promises(changes, replicates, life, lost):
    """Whatever the truth, the noise and the gaps: what the documents say of a row is so."""
    sweep = QUIET.but(benchmarks=MANY[:3], blocks=4, life=life, replicates=replicates)
    observed = sweep.observe(levels(*changes))
    first = pl.col("benchmark") == MANY[0]
    observed = observed.filter(~(first & pl.col("label").is_in(list(lost))))
    found = judged(observed).verdicts
    assert found.schema == VERDICTS
    for row in found.to_dicts():
        assert row["low"] <= row["effect"] <= row["high"]
        assert 0 <= row["p"] <= row["q"] <= 1
        assert row["mde"] >= Rule().threshold
        assert (row["reason"] is None) == (row["verdict"] != "inconclusive")
        assert (row["state"] is None) == (row["verdict"] != "slower")
        if row["verdict"] in ("slower", "faster"):
            assert row["replicates"] >= 2 and row["q"] <= 0.05
            assert abs(row["effect"]) > Rule().threshold
