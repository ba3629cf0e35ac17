import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_asv.effects.lives import ARM, BLOCK_SET, LEVELS, life_levels

from tests.effects import plain
from tests.effects.synthetic import SCHEMA, Sweep, releases

MLX, COMPILED, TORCH = "mlx_cpu", "mlx_cpu_compile", "torch"


def arms_of(levels, *columns):
    """Some columns by arm."""
    return {
        (row["backend"], row["label"]): tuple(row[c] for c in columns) for row in levels.to_dicts()
    }


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), missing=st.floats(0, 0.9))
def test_levels_are_the_plain_levels(seed, missing):
    """Every column is what the plain code says: missing visits, backends without a reference."""
    truth = (
        releases(3)
        | releases(2, backend=COMPILED)
        | {(TORCH, "2.13"): 2e-3, (MLX, "v1 (A/A)"): 1e-3}
    )
    truth |= {("alone", "v2"): 1e-4}
    observed = Sweep(seed, replicates=2, blocks=6).observe(truth)
    kept = observed.filter(pl.Series(np.random.default_rng(seed).random(len(observed)) >= missing))
    expected = plain.life_levels(kept.to_dicts())
    levels = life_levels(kept)
    assert levels.schema == LEVELS
    assert set(levels.select(*BLOCK_SET, *ARM).rows()) == set(expected)
    for row in levels.to_dicts():
        for name, value in expected[tuple(row[key] for key in (*BLOCK_SET, *ARM))].items():
            if isinstance(value, float):
                assert row[name] == pytest.approx(value, abs=2e-5), name
            else:
                assert row[name] == value, name


def test_each_backend_has_its_own_reference_and_controls_the_first():
    """A backend without one, and a control, are compared with the first backend's."""
    truth = {
        ("b", "v1"): 1e-3,
        ("b", "v2"): 2e-3,
        ("a", "v1"): 4e-3,
        ("a", "v1 (A/A)"): 4e-3,
        ("0", "v2"): 5e-3,
        (TORCH, "2.13"): 6e-3,
    }
    found = arms_of(
        life_levels(Sweep(noise=0, replicates=1).observe(truth)),
        *("reference_backend", "reference_label", "log_ratio"),
    )
    assert {arm: reference for arm, (reference, _, _) in found.items()} == {
        ("b", "v1"): "b",
        ("b", "v2"): "b",
        ("a", "v1"): "a",
        ("a", "v1 (A/A)"): "a",
        ("0", "v2"): "a",
        (TORCH, "2.13"): "a",
    }
    assert {label for _, label, _ in found.values()} == {"v1"}
    for arm, (reference, label, ratio) in found.items():
        assert ratio == pytest.approx(np.log(truth[arm] / truth[reference, label]))


def test_levels_compare_all_arms_of_a_set():
    """Differences of levels are log ratios of seconds, also across backends and references."""
    truth = releases(3, 0.1) | releases(3, 0.2, COMPILED) | {(TORCH, "2.13"): 7e-3}
    levels = arms_of(life_levels(Sweep(noise=0, replicates=1).observe(truth)), "level")
    first = next(iter(truth))
    for arm, seconds in truth.items():
        difference = levels[arm][0] - levels[first][0]
        assert difference == pytest.approx(np.log(seconds / truth[first]))


def test_failed_and_skipped_visits_do_not_count():
    """An arm that crashes keeps what it has; one that never ran is not there."""
    observed = Sweep(noise=0, replicates=1).observe(releases(3, 0.1))
    late = (pl.col("label") == "v2") & (pl.col("block") >= 4)
    never = pl.col("label") == "v3"
    observed = observed.with_columns(
        pl.when(late | never).then(None).otherwise("value").alias("value"),
        pl.when(late)
        .then(pl.lit("failed"))
        .when(never)
        .then(pl.lit("skipped"))
        .otherwise("outcome")
        .alias("outcome"),
    )
    found = arms_of(life_levels(observed), "blocks", "log_ratio")
    assert found == {(MLX, "v1"): (20, 0.0), (MLX, "v2"): (4, pytest.approx(0.1))}


def test_set_without_reference_contributes_nothing():
    """Its reference crashed before the first visit; the other replicates are as they were."""
    observed = Sweep(replicates=3).observe(releases(3) | {(TORCH, "2.13"): 1e-3})
    crashed = (pl.col("replicate") == 1) & (pl.col("role") == "reference")
    levels = life_levels(
        observed.with_columns(
            pl.when(crashed).then(pl.lit("failed")).otherwise("outcome").alias("outcome")
        )
    )
    assert levels.equals(life_levels(observed.filter(pl.col("replicate") != 1)))


@pytest.mark.parametrize("outcome", ["ok", "failed"])
def test_nothing_observed(outcome):
    """No rows, or none that is ok, give no rows of the right kind."""
    observed = Sweep().observe(releases(2))
    observed = (
        observed.clear() if outcome == "ok" else observed.with_columns(outcome=pl.lit(outcome))
    )
    assert life_levels(observed).schema == LEVELS
    assert life_levels(observed).is_empty()


def test_other_columns_are_ignored():
    """Columns that are not ours, and the order of rows, make no difference."""
    observed = Sweep().observe(releases(4, 0.1))
    more = observed.with_columns(level=1.0, arm=pl.lit("x"), set=3).sample(fraction=1, shuffle=True)
    assert life_levels(more).equals(life_levels(observed))
    assert set(observed.columns) == set(SCHEMA)


def test_one_life_that_went_wrong_is_one_row():
    """A process that is 60 % off all its life shifts its own log ratio and no other."""
    observed = Sweep(3, noise=0.01).observe(releases(6))
    off = (pl.col("replicate") == 1) & (pl.col("label") == "v4")
    seconds = pl.when(off).then(pl.col("value") * 1.6).otherwise("value")
    before = life_levels(observed)
    after = life_levels(observed.with_columns(seconds.alias("value")))
    shift = after["log_ratio"] - before["log_ratio"]
    was_off = before.select(off).to_series()
    assert shift.filter(was_off).to_list() == [pytest.approx(np.log(1.6), abs=0.005)]
    assert shift.filter(~was_off).abs().max() < 0.005


def test_errors_describe_the_log_ratios():
    """Over many lives the log ratios scatter as their errors say."""
    observed = Sweep(5, replicates=120, blocks=12).observe(releases(5))
    levels = life_levels(observed).filter(pl.col("role") == "release")
    assert levels["error"].mean() == pytest.approx(levels["log_ratio"].std(), rel=0.2)
