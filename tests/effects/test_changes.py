import math

import numpy as np
import polars as pl
import pytest
from mlx_asv.effects.changes import CONTRASTS, EFFECTS, adjacent, contrasts, effects, pool
from mlx_asv.effects.combine import combine
from mlx_asv.effects.lives import SUBJECT, life_levels
from mlx_asv.metric import TIME

from tests.effects.synthetic import Sweep, releases

MLX, COMPILED, TORCH = "mlx_cpu", "mlx_cpu_compile", "torch"
MANY = tuple(f"Operation{n}" for n in range(12))


def pair(before, after, **columns):
    """A frame of one pair."""
    return pl.DataFrame({"backend": MLX, "before_label": before, "after_label": after, **columns})


def one(frame, **wanted):
    """The only row that has these values."""
    (row,) = frame.filter(**wanted).to_dicts()
    return row


def with_lives(sweep, wrong, factor):
    """Levels of the sweep over v1 to v4, where the lives of an expression are off by a factor."""
    observed = sweep.observe(releases(4, 0.05))
    seconds = pl.when(wrong).then(pl.col("value") * factor).otherwise("value")
    return life_levels(observed.with_columns(seconds.alias("value")))


# -- against the reference -------------------------------------------------------------------


def test_effects_are_found_through_interference():
    """Every arm's true log ratio is in its interval, and near the effect, through all the noise."""
    truth = releases(6, 0.05) | releases(6, -0.03, COMPILED) | {(TORCH, "2.13"): 3e-3}
    sweep = Sweep(1, life=0.004, drift=1.0, benchmarks=MANY)
    found = effects(life_levels(sweep.observe(truth)), confidence=0.999)
    assert found.schema == EFFECTS
    assert len(found) == len(truth) * len(MANY)
    for row in found.to_dicts():
        reference = (row["reference_backend"], row["reference_label"])
        true = math.log(truth[row["backend"], row["label"]] / truth[reference])
        assert row["low"] <= true <= row["high"]
        assert row["effect"] == pytest.approx(true, abs=0.025)
        assert (row["replicates"], row["blocks"]) == (3, 60)


def test_reference_is_nought_exactly():
    """Its effect has no error; its twin's, the same release once more, has."""
    truth = releases(3) | {(MLX, "v1 (A/A)"): 1e-3}
    found = effects(life_levels(Sweep(1, benchmarks=MANY).observe(truth)))
    reference = found.filter(role="reference")
    assert reference.select("effect", "low", "high", "sd").unique().rows() == [(0, 0, 0, 0)]
    twin = found.filter(role="twin")
    assert set(twin["release"]) == {"v1"}
    assert ((twin["high"] - twin["low"]) > 0.01).all()


@pytest.mark.parametrize("count", [3, 5])
def test_twins_tell_that_intervals_are_honest(count):
    """From raw visits to intervals: of equal releases 90 to 99 % are found equal."""
    truth = {(MLX, f"v{n}"): 1e-3 for n in range(1, 7)}
    names = tuple(f"Operation{n}" for n in range(40))
    sweep = Sweep(2, life=0.01, noise=0.03, blocks=8, benchmarks=names, replicates=count)
    found = effects(life_levels(sweep.observe(truth))).filter(role="release")
    assert 0.9 <= ((found["low"] <= 0) & (found["high"] >= 0)).mean() <= 0.99


def test_one_wrong_life_moves_no_effect():
    """60 % off in one replicate of three: the effect stays, with a wider interval."""
    sweep = Sweep(3, life=0.004, benchmarks=MANY)
    wrong = (
        (pl.col("label") == "v3") & (pl.col("replicate") == 1) & (pl.col("benchmark") == MANY[0])
    )
    right, off = (
        one(effects(with_lives(sweep, wrong, factor)), benchmark=MANY[0], label="v3")
        for factor in (1.0, 1.6)
    )
    assert off["effect"] == pytest.approx(right["effect"], abs=0.015)
    assert off["high"] - off["low"] > 2 * (right["high"] - right["low"])


def test_sweeps_with_one_reference_are_pooled():
    """Replicates of all sweeps count, whatever the speed of the machine that day."""
    first = Sweep(4, replicates=2).observe(releases(3, 0.1))
    second = Sweep(5, name="2026-06-01", speed=1.7, replicates=3).observe(releases(3, 0.1))
    found = effects(life_levels(pl.concat([first, second])))
    row = one(found, label="v2")
    assert row["replicates"] == 5
    assert row["effect"] == pytest.approx(0.1, abs=0.01)


def test_reference_that_changed():
    """An arm is compared with the reference it has most replicates with."""
    first = Sweep(4, replicates=2).observe(releases(3, 0.1))
    later = Sweep(5, "2026-06-01", reference="v2", replicates=3).observe(releases(3, 0.1))
    found = effects(life_levels(pl.concat([first, later])))
    assert set(found["reference_label"]) == {"v2"}
    assert one(found, label="v3")["effect"] == pytest.approx(0.1, abs=0.01)
    assert one(found, label="v3")["replicates"] == 3


def test_single_replicate_has_an_honest_interval():
    """Infinite when nothing else is known; finite when other benchmarks have more replicates."""
    alone = effects(life_levels(Sweep(1, replicates=1).observe(releases(2))))
    row = one(alone, label="v2")
    assert (row["low"], row["high"], row["sd"], row["df"]) == (-math.inf, math.inf, math.inf, 0)
    others = Sweep(2, life=0.01, benchmarks=MANY).observe(releases(2))
    both = pl.concat([Sweep(1, replicates=1).observe(releases(2)), others])
    found = effects(life_levels(both))
    row = one(found, benchmark="Sum", label="v2")
    usual = one(found, benchmark=MANY[0], label="v2")
    assert 1.5 < (row["high"] - row["low"]) / (usual["high"] - usual["low"]) < 4


def test_memory_groups_give_the_same_effects():
    """Arms that do not fit in memory together are compared through the reference of each group."""
    truth = releases(5, 0.05)
    v1, *rest = truth
    groups = [[v1, *rest[:2]], [v1, *rest[2:]]]
    found = effects(life_levels(Sweep(6, noise=0.002, groups=groups).observe(truth)))
    assert found["effect"].to_list() == pytest.approx([0.05 * n for n in range(5)], abs=0.004)
    assert found["replicates"].to_list() == [3] * 5


def test_control_of_every_group_counts_once_per_replicate():
    """It lives in each group; the mean is one replicate's."""
    truth = releases(3) | {(TORCH, "2.13"): 3e-3}
    v1, v2, v3, torch = truth
    found = effects(life_levels(Sweep(6, groups=[[v1, v2, torch], [v1, v3, torch]]).observe(truth)))
    row = one(found, backend=TORCH)
    assert (row["replicates"], row["blocks"]) == (3, 120)
    assert row["effect"] == pytest.approx(math.log(3), abs=0.02)


def test_unit_order_and_block_numbers_do_not_matter():
    """Nanoseconds, shuffled rows and other numbers of blocks leave all as it is."""
    observed = Sweep(7, benchmarks=MANY).observe(releases(4, 0.05))
    changed = observed.sample(fraction=1, shuffle=True, seed=1).with_columns(
        pl.col("value") * 1e3, 100 - pl.col("block")
    )
    before, after = effects(life_levels(observed)), effects(life_levels(changed))
    for name in ("effect", "low", "high", "sd"):
        assert (before[name] - after[name]).abs().max() < 1e-5


# -- against each other ----------------------------------------------------------------------


def test_contrast_cancels_the_reference():
    """A reference whose lives are 20 % apart spoils the effects, not the contrasts."""
    noisy = (pl.col("role") == "reference") & (pl.col("replicate") == 1)
    levels = with_lives(Sweep(8, benchmarks=MANY), noisy, 1.2)
    found = contrasts(pool(levels), adjacent(levels, ["v2", "v3", "v4"]))
    assert found.schema == CONTRASTS
    assert found.rows_by_key(["before_label", "after_label"]).keys() == {("v2", "v3"), ("v3", "v4")}
    assert (found["effect"] - 0.05).abs().max() < 0.02
    assert found["paired"].all()
    spread = effects(levels).filter(role="release")["effect"].std()
    assert found["effect"].std() < spread


def test_contrast_with_the_reference_is_the_effect():
    """Nearly: the error within a life is seen otherwise. The sign turns when it comes second."""
    levels = life_levels(Sweep(8, benchmarks=MANY).observe(releases(3, 0.05)))
    effect = effects(levels).filter(label="v2")
    after = contrasts(pool(levels), pair("v1", "v2"))
    before = contrasts(pool(levels), pair("v2", "v1"))
    for name, other, sign in (("effect", "effect", -1), ("low", "high", -1), ("sd", "sd", 1)):
        assert after[name].to_list() == pytest.approx(effect[name].to_list(), abs=0.003)
        assert before[other].to_list() == pytest.approx((sign * after[name]).to_list(), abs=1e-6)


def test_contrast_is_that_of_differences():
    """Per replicate, with the prior of the effects: computed by hand."""
    levels = life_levels(Sweep(9, life=0.01, benchmarks=MANY, replicates=4).observe(releases(3)))
    wide = levels.pivot("label", index=[*SUBJECT, "replicate"], values="level")
    wide = wide.group_by(SUBJECT, maintain_order=True).agg(pl.col("v3") - pl.col("v2"))
    found = contrasts(pool(levels), pair("v2", "v3")).join(wide, on=SUBJECT)
    alone = combine(
        np.array(found["v3"].to_list()),
        *(np.full(len(MANY), each) for each in (math.nan, 0, TIME.floor, math.nan)),
    )
    assert found["effect"].to_list() == pytest.approx(alone.mean.tolist(), abs=0.004)
    assert found["df"].min() > 3


def test_replicates_with_one_of_the_two_do_not_count():
    """As long as there is one with both."""
    observed = Sweep(10, replicates=4).observe(releases(3, 0.05))
    missing = (pl.col("label") == "v3") & (pl.col("replicate") < 2)
    row = one(contrasts(pool(life_levels(observed.filter(~missing))), pair("v2", "v3")))
    assert (row["replicates"], row["blocks"], row["paired"]) == (2, 40, True)
    assert row["effect"] == pytest.approx(0.05, abs=0.01)


def test_arms_that_never_met_are_compared_through_the_reference():
    """Two sweeps with half the releases each: the variances add up."""
    truth = releases(4, 0.05)
    v1, v2, v3, v4 = truth
    every = [f"Operation{n}" for n in range(60)]
    old = Sweep(11, life=0.01, benchmarks=every, groups=[[v1, v2]]).observe(truth)
    new = Sweep(12, "2026-06-01", 0.01, speed=2.0, benchmarks=every, groups=[[v1, v3, v4]])
    levels = life_levels(pl.concat([old, new.observe(truth)]))
    found = contrasts(pool(levels), adjacent(levels, ["v2", "v3", "v4"]))
    apart, together = found.filter(after_label="v3"), found.filter(after_label="v4")
    assert not apart["paired"].any()
    assert together["paired"].all()
    assert (apart["effect"] - 0.05).abs().max() < 0.04
    widths = [(f["high"] - f["low"]).median() for f in (apart, together)]
    assert widths[0] == pytest.approx(widths[1] * math.sqrt(2), rel=0.35)
    single = effects(levels).filter(label="v2", benchmark=MANY[0])
    row = one(apart, benchmark=MANY[0])
    other = one(effects(levels), label="v3", benchmark=MANY[0])
    assert row["effect"] == pytest.approx(other["effect"] - single["effect"].item())
    assert row["sd"] == pytest.approx(math.hypot(other["sd"], single["sd"].item()))


def test_arms_of_two_groups_are_compared_within_the_replicate():
    """Through the reference arm that both groups have; the machine's speed cancels."""
    truth = releases(3, 0.05)
    v1, v2, v3 = truth
    sweep = Sweep(13, noise=0.002, groups=[[v1, v2], [v1, v3]])
    row = one(contrasts(pool(life_levels(sweep.observe(truth))), pair("v2", "v3")))
    assert row["paired"]
    assert row["replicates"] == 3
    assert row["effect"] == pytest.approx(0.05, abs=0.005)


def test_backends_are_compared_within_the_set():
    """PyTorch with MLX, and compiled with not: each has another reference, none is needed."""
    truth = releases(3, 0.05) | releases(3, 0.1, COMPILED) | {(TORCH, "2.13"): 3e-3}
    levels = life_levels(Sweep(14, noise=0.002, benchmarks=MANY).observe(truth))
    torch = pair("2.13", "v3").with_columns(before_backend=pl.lit(TORCH))
    compiled = pair("v3", "v3").with_columns(before_backend=pl.lit(MLX), backend=pl.lit(COMPILED))
    for pairs in (torch, compiled):
        ends = [
            (pairs[a].item(), pairs[b].item())
            for a, b in (("backend", "after_label"), ("before_backend", "before_label"))
        ]
        found = contrasts(pool(levels), pairs)
        assert len(found) == len(MANY)
        true = math.log(truth[ends[0]] / truth[ends[1]])
        assert (found["effect"] - true).abs().max() < 0.005


def test_pairs_can_be_restricted():
    """A pair that names a benchmark is compared there only; unknown arms have no row."""
    levels = life_levels(Sweep(15, benchmarks=MANY).observe(releases(3)))
    assert len(contrasts(pool(levels), pair("v2", "v3"))) == len(MANY)
    assert len(contrasts(pool(levels), pair("v2", "v3", benchmark=MANY[3]))) == 1
    assert contrasts(pool(levels), pair("v2", "v9")).is_empty()
    twice = pl.concat([pair("v2", "v3"), pair("v2", "v3")])
    assert len(contrasts(pool(levels), twice)) == len(MANY)


def test_contrasts_cover():
    """Of adjacent equal releases 90 to 99 % are found equal, the reference being noisy or not."""
    truth = {(MLX, f"v{n}"): 1e-3 for n in range(1, 7)}
    names = tuple(f"Operation{n}" for n in range(40))
    sweep = Sweep(16, life=0.01, noise=0.03, blocks=8, benchmarks=names)
    levels = life_levels(sweep.observe(truth))
    found = contrasts(pool(levels), adjacent(levels, [label for _, label in truth]))
    assert len(found) == 200
    assert 0.9 <= ((found["low"] <= 0) & (found["high"] >= 0)).mean() <= 0.99


def test_adjacent_passes_over_what_is_missing():
    """A backend that lacks a release has its neighbours compared; twins and controls have none."""
    truth = releases(4) | {(COMPILED, "v1"): 1.0, (COMPILED, "v4"): 1.0}
    truth |= {(MLX, "v1 (A/A)"): 1.0, (TORCH, "2.13"): 1.0}
    levels = life_levels(Sweep(replicates=1).observe(truth))
    found = adjacent(levels, ["v0", "v1", "v2", "v3", "v4", "v5"])
    assert found.select("backend", "before_label", "after_label").rows() == [
        (MLX, "v1", "v2"),
        (MLX, "v2", "v3"),
        (MLX, "v3", "v4"),
        (COMPILED, "v1", "v4"),
    ]


def test_nothing_to_compare():
    """No levels, no pairs: no rows, of the right kind."""
    levels = life_levels(Sweep().observe(releases(2)))
    pairs = pair("v1", "v2")
    assert effects(levels.clear()).schema == EFFECTS
    for nothing in (contrasts(pool(levels.clear()), pairs), contrasts(pool(levels), pairs.clear())):
        assert nothing.schema == CONTRASTS
        assert nothing.is_empty()
    assert adjacent(levels, []).is_empty()
    assert adjacent(levels.clear(), ["v1"]).is_empty()
