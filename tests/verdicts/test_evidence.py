from math import isnan, log, nan

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_asv.observations.schema import SCHEMA
from mlx_asv.verdicts.evidence import PATIENCE, finding
from mlx_asv.verdicts.sequential import StoppingRule

from tests.effects.synthetic import Sweep, releases

RULE = StoppingRule()
TRUTH = {**releases(2), ("mlx_cpu", "v1 (A/A)"): 1e-3, ("torch", "v2"): 3e-3}


def observed(step=0.0, **options):
    """Observations of v1, its twin, v2 that is `step` (log) slower, and a control."""
    truth = {**TRUTH, **releases(2, step)}
    frame = Sweep(**{"replicates": 5, "blocks": 8, "life": 0.004, **options}).observe(truth)
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in SCHEMA.items()
    )


def lost(frame, label, replicates, outcome="failed"):
    """The same observations, but an arm was lost in some replicates."""
    here = (pl.col("label") == label) & pl.col("replicate").is_in(replicates)
    rows = frame.filter(here).unique(["replicate"], maintain_order=True)
    return pl.concat(
        [
            frame.filter(~here),
            rows.with_columns(
                pl.lit(outcome).alias("outcome"),
                pl.lit("crashed").alias("reason"),
                block=None,
                position=None,
                value=None,
            ).cast(pl.Schema(SCHEMA)),
        ]
    )


@pytest.mark.parametrize(
    ("step", "decision"), [(0.0, "same"), (log(1.08), "slower"), (-log(1.08), "faster")]
)
def test_known_change_is_found(step, decision):
    """The release against the reference, from lives that the machine slowed down as it liked."""
    found = finding(observed(step), RULE)
    assert found.decision == decision
    assert found.settled
    assert found.change.effect == pytest.approx(step, abs=0.01)
    assert found.change.low <= step <= found.change.high
    assert found.change.replicates == found.twin.replicates == 5
    assert found.twin.effect == pytest.approx(0, abs=0.01)
    assert found.reason is None


@settings(max_examples=25)
@given(step=st.floats(-0.5, 0.5), seed=st.integers(0, 100))
def test_exchanging_the_releases_changes_the_sign(step, seed):
    """Slower one way is faster the other way, by the same."""
    frame = observed(step, seed=seed, replicates=3).filter(pl.col("role") != "twin")
    turn = {"reference": "release", "release": "reference"}
    turned = frame.with_columns(pl.col("role").replace(turn))
    here, there = finding(frame, RULE).change, finding(turned, RULE).change
    assert there.effect == pytest.approx(-here.effect, abs=1e-6)
    assert there.replicates == here.replicates


def test_the_twin_is_another_life_of_the_earlier_release():
    """Against the mean of both lives a difference has three quarters of the variance."""
    frame = observed(0.05, replicates=200, life=0.02, blocks=4)
    both = finding(frame, RULE).change
    alone = finding(frame.filter(pl.col("role") != "twin"), RULE).change
    widths = [found.high - found.low for found in (both, alone)]
    assert widths[0] / widths[1] == pytest.approx(0.75**0.5, abs=0.06)
    assert both.effect == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("slower", [1.0, 3.0])
def test_control_tells_what_the_machine_did(slower):
    """How much what it took moved from replicate to replicate; the pair stays what it is."""
    frame = observed(log(1.08), slowdown=1.01)
    factor = pl.when(pl.col("replicate") > 2).then(slower).otherwise(1.0)
    found = finding(frame.with_columns(pl.col("value") * factor), RULE)
    assert found.decision == "slower"
    assert set(found.controls) == {"torch"}
    if slower == 1:
        assert found.controls["torch"] < 0.02
    else:
        assert found.controls["torch"] == pytest.approx(log(3) * 0.548, abs=0.02)


def test_one_replicate_tells_nothing_of_spread():
    """No interval, no decision, no standard deviation; more may come."""
    found = finding(observed(0.5, replicates=1), RULE)
    assert (found.decision, found.reason, found.settled) == (None, None, False)
    assert found.change.effect == pytest.approx(0.5, abs=0.05)
    assert isnan(found.controls["torch"])


def test_nothing_observed_is_nothing_known():
    """Before the first replicate."""
    found = finding(pl.DataFrame(schema=SCHEMA), RULE)
    assert not found.settled
    assert (found.change.replicates, found.twin.replicates, found.controls) == (0, 0, {})


def test_without_a_twin_or_controls():
    """They are beside the pair, and no part of it."""
    frame = observed(log(1.08)).filter(pl.col("role").is_in(["reference", "release"]))
    found = finding(frame, RULE)
    assert found.decision == "slower"
    assert (found.twin.replicates, found.controls) == (0, {})


@pytest.mark.parametrize("label", ["v1", "v2"])
def test_skipped_release_settles_it(label):
    """What does not apply is not tried again: no decision, but the reason."""
    found = finding(lost(observed(replicates=1), label, [0], "skipped"), RULE)
    assert found.settled and found.decision is None
    assert found.reason == f"{label} mlx_cpu skipped: crashed"


@pytest.mark.parametrize("label", ["v1", "v2"])
def test_release_that_keeps_failing_settles_it(label):
    """Once may be somebody's doing; in two replicates one after the other it is its own."""
    assert not finding(lost(observed(replicates=1), label, [0]), RULE).settled
    assert not finding(lost(observed(0.04, replicates=3), label, [0, 2]), RULE).settled
    found = finding(lost(observed(0.04, replicates=3), label, [1, 2]), RULE)
    assert len([1, 2]) == PATIENCE
    assert (found.decision, found.reason) == (None, f"{label} mlx_cpu failed: crashed")


def test_replicate_without_one_of_the_two_does_not_count():
    """The others do."""
    found = finding(lost(observed(log(1.08), replicates=6), "v2", [2]), RULE)
    assert (found.change.replicates, found.twin.replicates) == (5, 6)
    assert found.decision == "slower" and found.decided


def test_lost_twin_or_control_settles_nothing():
    """They are missing, and that is all."""
    for label, replicates in (("v1 (A/A)", [1, 2]), ("v2", [])):
        frame = lost(observed(0.04, replicates=3), label, replicates, "skipped")
        assert not finding(frame, RULE).settled
    control = pl.col("role") == "control"
    frame = observed(0.04, replicates=3).with_columns(
        pl.when(control).then(pl.lit("skipped")).otherwise("outcome").alias("outcome"),
        pl.when(control).then(nan).otherwise("value").alias("value"),
    )
    assert not finding(frame, RULE).settled
    assert finding(frame, RULE).controls == {}


@pytest.mark.parametrize(("replicates", "decision"), [(2, None), (3, "inconclusive")])
def test_ended_early_is_inconclusive_or_not_measured(replicates, decision):
    """Three replicates are a measurement, if not a decision; fewer are none."""
    found = finding(observed(0.03, replicates=replicates), RULE).ended("the budget is spent")
    assert (found.decision, found.reason, found.settled) == (decision, "the budget is spent", True)
    assert not found.decided
