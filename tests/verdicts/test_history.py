import polars as pl
import pytest
from mlx_asv.effects.lives import life_levels
from mlx_asv.verdicts.accepted import Accepted
from mlx_asv.verdicts.fresh import FRESH
from mlx_asv.verdicts.judge import judge

from tests.verdicts.truth import MANY, QUIET, best, judged, levels, mixed, order, steps

SLOW = MANY[:2]


def history(*changes, accepted=(), sweep=QUIET):
    """Of two series that change so, among ten that do not."""
    still = levels(*[0.0] * len(changes))
    return judged(mixed(sweep, still, levels(*changes), SLOW), accepted=accepted)


def states(judgement, **wanted):
    """Of what is slower: release and state, each once."""
    slower = judgement.verdicts.filter(verdict="slower", **wanted)
    return sorted(set(slower.select("after", "state").rows()))


def entry(pattern=".", release="v3"):
    """One accepted regression."""
    return Accepted(pattern, release, "because", "https://x")


def test_step_is_open():
    """A level that went up and stayed."""
    found = history(0.0, 0.15, 0.0, 0.0)
    assert states(found, comparison="step") == [("v3", "open")]
    assert states(found, comparison="best") == [("v5", "open")]


def test_only_regressions_have_a_state():
    """Neither what is faster, nor what is the same or unclear."""
    found = history(0.0, -0.15, 0.15, 0.0).verdicts
    assert found.filter(pl.col("verdict") != "slower")["state"].is_null().all()
    assert found.filter(pl.col("verdict") == "slower")["state"].is_not_null().all()


def test_blip_is_recovered_in_the_next_release():
    """Slower in v3, as before in v4."""
    found = history(0.0, 0.15, -0.15, 0.0)
    assert states(found, comparison="step") == [("v3", "recovered in v4")]
    assert states(found, comparison="best") == []


def test_recovery_can_come_late_and_in_parts():
    """The first release whose level is back, not the first that is faster."""
    found = history(0.15, 0.0, -0.08, -0.07, 0.0)
    assert states(found, comparison="step") == [("v2", "recovered in v5")]


def test_recovery_within_the_threshold_counts():
    """2 % over the level before is back; 6 % is not."""
    assert states(history(0.2, -0.19), comparison="step") == [("v2", "recovered in v3")]
    assert states(history(0.2, -0.14), comparison="step") == [("v2", "open")]


def test_second_regression_after_a_recovery_is_its_own():
    """The first is recovered, the second is open."""
    found = history(0.2, -0.2, 0.2, 0.0)
    assert states(found, comparison="step") == [("v2", "recovered in v3"), ("v4", "open")]


def test_noise_is_no_recovery():
    """One release of which too little is known to tell it from the slow level."""
    sweep = QUIET.but(benchmarks=MANY[:6], life=0.0, replicates=6)
    found = history(0.05, 0.0, sweep=sweep)
    noisy = mixed(sweep, levels(0.0, 0.0), levels(0.05, -0.035), SLOW)
    wild = 1 + 0.12 * (pl.col("replicate") % 2) - 0.06
    factor = pl.when(pl.col("label") == "v3").then(wild).otherwise(1.0)
    found = judged(noisy.with_columns(pl.col("value") * factor))
    assert states(found, after="v2") == [("v2", "open")]


# -- accepted --------------------------------------------------------------------------------


def test_accepted_regression_is_called_so():
    """On its release, in the series that the pattern finds; the other stays open."""
    found = history(0.0, 0.15, 0.0, accepted=[entry(rf"{SLOW[0]} 8x8 mlx_cpu$")])
    assert found.stale == []
    rows = steps(found, verdict="slower")
    assert dict(rows.select("benchmark", "state").rows()) == {SLOW[0]: "accepted", SLOW[1]: "open"}
    latest = best(found, verdict="slower")
    assert dict(latest.select("benchmark", "state").rows()) == {
        SLOW[0]: "accepted",
        SLOW[1]: "open",
    }


def test_accepted_release_that_was_not_measured():
    """The step over it is the one that is meant."""
    observed = mixed(QUIET, levels(0.0, 0.0, 0.0), levels(0.0, 0.15, 0.0), SLOW)
    found = judged(observed.filter(pl.col("label") != "v3"), accepted=[entry()])
    assert states(found, comparison="step") == [("v4", "accepted")]


def test_latest_is_accepted_only_if_all_its_steps_are():
    """Two steps of which one is accepted: the latest is open. One recovered: it does not count."""
    found = history(0.15, 0.0, 0.15, accepted=[entry(release="v2")])
    assert states(found) == [("v2", "accepted"), ("v4", "open")]
    found = history(0.15, 0.0, 0.15, accepted=[entry(release="v2"), entry(release="v4")])
    assert states(found) == [("v2", "accepted"), ("v4", "accepted")]
    found = history(0.3, -0.3, 0.15, accepted=[entry(release="v4")])
    assert states(found) == [("v2", "recovered in v3"), ("v4", "accepted")]


def test_drift_is_accepted_at_any_of_its_releases():
    """There is no step that could be named."""
    changes = [0.02] * 6
    assert states(history(*changes)) == [("v7", "open")]
    found = history(*changes, accepted=[entry(release="v4")])
    assert (states(found), found.stale) == ([("v7", "accepted")], [])


@pytest.mark.parametrize(
    "accepted", [entry(release="v2"), entry("nothing"), entry(release="v99"), entry("Operation7")]
)
def test_entry_about_nothing_is_stale(accepted):
    """Another release, an unknown one, another series: reported, and nothing is accepted."""
    found = history(0.0, 0.15, 0.0, accepted=[accepted, entry()])
    assert found.stale == [accepted]


def test_entry_about_what_has_recovered_is_stale():
    """It is needed no longer."""
    found = history(0.0, 0.15, -0.15, accepted=[entry()])
    assert states(found, comparison="step") == [("v3", "recovered in v4")]
    assert found.stale == [entry()]


def again(*said):
    """Steps of the slow series to a release that fresh replicates decided so."""
    rows = [
        (
            "mac",
            "py3.11",
            name,
            "1",
            "8x8",
            "time",
            "mlx_cpu",
            before,
            after,
            decision,
            0.0,
            -0.01,
            0.01,
            5,
        )
        for name in SLOW
        for before, after, decision in said
    ]
    return pl.DataFrame(rows, schema=FRESH, orient="row")


def test_what_fresh_replicates_decide_otherwise_is_dismissed():
    """Whatever the sweep had seen; what they confirm, or have not decided, stays open."""
    frame = mixed(QUIET, levels(0.0, 0.0), levels(0.15, 0.15), SLOW)
    for decision, state in (("same", "dismissed"), ("slower", "open"), (None, "open")):
        fresh = again(("v1", "v2", decision))
        found = judge(life_levels(frame), order(3), None, (), fresh)
        assert states(found, comparison="step") == [("v2", state), ("v3", "open")]


def test_what_could_be_chance_is_what_fresh_replicates_say():
    """One that was not significant among so many is open if they confirm it; and recovers."""
    noisy = QUIET.but(replicates=2, life=0.02)
    frame = mixed(noisy, levels(0.0, 0.0), levels(0.06, -0.06), SLOW)
    before = judge(life_levels(frame), order(3))
    unclear = before.verdicts.filter(
        pl.col("benchmark").is_in(SLOW), verdict="inconclusive", comparison="step", after="v2"
    )
    assert unclear.height
    found = judge(life_levels(frame), order(3), None, (), again(("v1", "v2", "slower")))
    here = found.verdicts.filter(pl.col("benchmark").is_in(SLOW), comparison="step", after="v2")
    assert set(here["verdict"]) == {"slower"}
    assert set(here["reason"]) == {None}
    assert set(here["state"]) <= {"open", "recovered in v3"}


def test_latest_against_best_is_dismissed_by_itself():
    """Its pair was measured again; the steps were not."""
    frame = mixed(QUIET, levels(0.0, 0.0), levels(0.15, 0.15), SLOW)
    found = judge(life_levels(frame), order(3), None, (), again(("v1", "v3", "inconclusive")))
    assert states(found, comparison="best") == [("v3", "dismissed")]
    assert states(found, comparison="step") == [("v2", "open"), ("v3", "open")]
