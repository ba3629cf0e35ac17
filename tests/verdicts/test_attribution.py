import polars as pl
import pytest

from tests.verdicts.truth import COMPILED, MANY, MLX, QUIET, TORCH, judged, levels, mixed, steps

V1, V2, V3 = ((MLX, f"v{n}") for n in (1, 2, 3))
CONTROLLED = QUIET.but(replicates=4)


def two_sweeps(change, machine=0.0, control="v1"):
    """v2 in an old sweep and v3 in a new one, `change` slower; in the new one the machine does
    everything but the reference slower by `machine`. They never met."""
    truth = {**levels(0.0, change), (TORCH, control): 3e-3}
    factor = pl.when(pl.col("role") != "reference").then(1 + machine).otherwise(1.0)
    old = CONTROLLED.but(groups=[[V1, V2, (TORCH, control)]]).observe(truth)
    new = CONTROLLED.but(seed=2, name="2026-06", groups=[[V1, V3, (TORCH, control)]])
    return old, new.observe(truth).with_columns(pl.col("value") * factor)


# -- the control -----------------------------------------------------------------------------


def test_control_that_moved_as_much_is_the_machine():
    """What came later is 10 % slower beside the reference, the control too: not MLX."""
    found = steps(judged(*two_sweeps(0.0, machine=0.1)), after="v3")
    assert set(found["verdict"]) == {"inconclusive"}
    assert found["reason"].is_in(["machine", "could be chance among so many"]).all()
    assert (found["reason"] == "machine").sum() >= 10
    assert found["control"].median() == pytest.approx(0.095, abs=0.01)
    assert (found["control_low"] < found["control"]).all()
    assert set(found["control_backend"]) == {TORCH}


def test_control_that_stayed_excuses_nothing():
    """Of two sweeps, a release slower by 10 % is slower."""
    found = steps(judged(*two_sweeps(0.1)), after="v3")
    assert (found["verdict"] == "slower").sum() >= 10
    assert found["control"].abs().max() < 0.02
    assert not (found["reason"] == "machine").any()


def test_control_that_moved_less_does_not_hide_a_regression():
    """3 % of the machine's do not explain 25 %."""
    found = steps(judged(*two_sweeps(0.25, machine=0.03)), after="v3")
    assert (found["verdict"] == "slower").sum() >= 10


def test_pair_that_met_needs_no_control():
    """In a common replicate the machine is the same for both."""
    truth = {**levels(0.0, 0.1), (TORCH, "v1"): 3e-3}
    found = judged(QUIET.observe(truth)).verdicts
    assert found["paired"].all()
    assert found.select(
        "control_backend", "control", "control_low", "control_high"
    ).null_count().sum_horizontal()[0] == 4 * len(found)


def test_no_control_is_no_movement():
    """Sweeps without controls, or with another one each, say nothing of the machine."""
    v1, v2 = two_sweeps(0.1)
    without = steps(judged(v1.filter(pl.col("role") != "control"), v2), after="v3")
    assert without["control"].is_null().all()
    assert (without["verdict"] == "slower").any()


def test_control_is_followed_when_its_label_changes():
    """It is labelled with the reference of its sweep, and is the same control."""
    old, new = two_sweeps(0.0, machine=0.1)
    is_control = pl.col("role") == "control"
    label = pl.when(is_control).then(pl.lit("v9")).otherwise("label").alias("label")
    found = steps(judged(old, new.with_columns(label)), after="v3")
    assert found["control"].median() == pytest.approx(0.095, abs=0.01)


def test_narrowest_control_speaks():
    """Of two, the one that knows more of the machine."""
    truth = {**levels(0.0, 0.1), (TORCH, "v1"): 3e-3, ("numpy", "v1"): 2e-3}
    controls = [(TORCH, "v1"), ("numpy", "v1")]
    sweep = CONTROLLED.but(controls=(TORCH, "numpy"))
    frames = [
        sweep.but(groups=[[V1, V2, *controls]]).observe(truth),
        sweep.but(seed=2, name="2026-06", groups=[[V1, V3, *controls]]).observe(truth),
    ]
    wild = pl.when(pl.col("backend") == TORCH).then(1 + 0.2 * (pl.col("replicate") % 2))
    frames = [frame.with_columns(pl.col("value") * wild.otherwise(1.0)) for frame in frames]
    found = steps(judged(*frames), after="v3")
    assert set(found["control_backend"]) == {"numpy"}


# -- the suite -------------------------------------------------------------------------------


def test_everything_slower_is_suite_wide_and_slower():
    """Said of the release and of every step; and corrected by nobody."""
    found = judged(QUIET.observe(levels(0.0, 0.08, 0.0)))
    wide = found.suite.filter("suite_wide")
    assert wide["after"].to_list() == ["v3"]
    assert wide["effect"].item() == pytest.approx(0.08, abs=0.01)
    assert wide.select("same_way", "series", "benchmarks").row(0) == (1.0, 12, 12)
    slower = steps(found, after="v3")
    assert set(slower["verdict"]) == {"slower"}
    assert slower["suite_wide"].all()
    assert set(slower["scope"]) == {"all"}
    assert not found.verdicts.filter(after="v2")["suite_wide"].any()


def test_suite_is_a_series_over_all_releases():
    """One median for each release that has one before it, in order of the releases."""
    truth = levels(*[0.0] * 10)
    suite = judged(QUIET.observe(truth), count=11).suite
    assert suite["after"].to_list() == [f"v{n}" for n in range(2, 12)]
    assert not suite["suite_wide"].any()


def test_half_of_the_suite_is_not_the_suite():
    """Six of twelve benchmarks slower: they are, the suite is not."""
    found = judged(mixed(QUIET, levels(0.0, 0.0), levels(0.0, 0.2), MANY[:6]))
    assert not found.suite["suite_wide"].any()
    assert (steps(found, after="v3")["verdict"] == "slower").sum() == 6


def test_few_benchmarks_are_no_suite():
    """Whatever they do."""
    found = judged(QUIET.but(benchmarks=MANY[:4]).observe(levels(0.0, 0.1)))
    assert not found.suite["suite_wide"].any()
    assert set(steps(found, after="v3")["verdict"]) == {"slower"}


def test_one_faster_in_a_slower_suite_is_not_of_it():
    """What goes the other way is its own change."""
    found = judged(mixed(QUIET, levels(0.1), levels(-0.2), MANY[:1]))
    (row,) = steps(found, benchmark=MANY[0]).to_dicts()
    assert found.suite["suite_wide"].all()
    assert (row["verdict"], row["suite_wide"], row["scope"]) == ("faster", False, None)


# -- the scope -------------------------------------------------------------------------------


def test_scope_is_of_one_release_and_one_direction():
    """Compiled code slower at v2, plain code faster at the same time: each by itself."""
    truth = {**levels(-0.3, 0.0), **levels(0.3, 0.0, backend=COMPILED)}
    found = steps(judged(QUIET.observe(truth)))
    slower, faster = (found.filter(verdict=name) for name in ("slower", "faster"))
    assert set(slower["backend"]) == {COMPILED}
    assert set(slower["scope"]) == {"compile only"}
    assert set(faster["scope"]) == {None}
    assert found.filter(after="v3")["scope"].is_null().all()
