import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.metric import INSTRUCTIONS, TIME
from mlx_asv.verdicts.rule import Doubt, Rule, decide
from mlx_asv.verdicts.verdict import Verdict

RULE = Rule()
#: What passes every condition for `slower`.
CLEAR = {
    "effect": 0.1,
    "low": 0.08,
    "high": 0.12,
    "q": 0.01,
    "replicates": 3,
    "spread": 0.01,
    "control_low": None,
    "control_high": None,
    "crosses": False,
}
TYPES = dict.fromkeys(CLEAR, pl.Float64) | {"replicates": pl.Int32, "crosses": pl.Boolean}


def decided(rule=RULE, **changes):
    """Verdict and reason on what passes everything, but for these changes."""
    frame = pl.DataFrame([{**CLEAR, **changes}], schema=TYPES)
    return decide(frame, rule).select("verdict", "reason").row(0)


def mirrored(values):
    """The same comparison, the other way round."""
    turned = dict(values)
    for low, high in (("low", "high"), ("control_low", "control_high")):
        ends = [values[high], values[low]]
        turned[low], turned[high] = (None if end is None else -end for end in ends)
    return turned | {"effect": -values["effect"]}


OPPOSITE = {TIME.worse: TIME.better, TIME.better: TIME.worse}


def test_slower_passes_all_conditions():
    """Large, clear of zero, no chance find, repeated: no reason to doubt."""
    assert decided() == (TIME.worse, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"replicates": 1}, Doubt.ONE_REPLICATE),
        ({"q": 0.051}, Doubt.MANY_COMPARISONS),
        ({"low": -0.01, "high": 0.21}, Doubt.WIDE),
        ({"low": -math.inf, "high": math.inf, "q": 1.0}, Doubt.WIDE),
        ({"effect": 0.029, "low": 0.02, "high": 0.038}, Doubt.NEAR),
        ({"effect": 0.0, "low": -0.031, "high": 0.02}, Doubt.NEAR),
        ({"control_low": 0.05, "control_high": 0.15}, Doubt.MACHINE),
    ],
)
def test_one_condition_that_fails_is_the_reason(changes, reason):
    """Any of them makes it inconclusive, and is named; the other way round, too."""
    assert decided(**changes) == (Verdict.INCONCLUSIVE, reason)
    assert decided(**mirrored({**CLEAR, **changes})) == (Verdict.INCONCLUSIVE, reason)


def test_threshold_itself_is_not_over_it():
    """A change of exactly the threshold does not matter yet."""
    small = math.log(1.03)
    assert decided(effect=small, low=0.02, high=0.04)[0] == Verdict.INCONCLUSIVE
    assert decided(effect=math.nextafter(small, 1), low=0.02, high=0.04)[0] == TIME.worse
    assert decided(effect=0.0, low=-small, high=small)[0] == Verdict.SAME


def test_threshold_can_be_another():
    """What matters is the user's decision."""
    assert decided(Rule(0.11)) == (Verdict.INCONCLUSIVE, Doubt.NEAR)
    assert decided(Rule(0.12)) == (Verdict.SAME, None)


def test_threshold_of_one_metric_is_that_of_no_other():
    """What was asked of counts says nothing of what matters in time."""
    rule = Rule(0.11, only=INSTRUCTIONS)
    assert (rule.asked, rule.threshold) == (None, TIME.threshold)
    assert rule.of(INSTRUCTIONS).threshold == Rule(0.11).threshold == 0.11


def test_what_nothing_connects_is_inconclusive():
    """Without an effect there is no verdict."""
    nothing = {"effect": None, "low": -math.inf, "high": math.inf, "q": 1.0, "replicates": 0}
    assert decided(**nothing) == (Verdict.INCONCLUSIVE, Doubt.UNCONNECTED)


@pytest.mark.parametrize(
    "control", [(0.01, 0.05), (-0.15, -0.05), (-0.05, 0.2), (-math.inf, math.inf), (None, None)]
)
def test_control_that_did_not_move_as_much_excuses_nothing(control):
    """Less far, the other way, perhaps not at all, unknown, or not there."""
    low, high = control
    assert decided(control_low=low, control_high=high) == (TIME.worse, None)


def test_machine_does_not_make_two_releases_different_or_equal():
    """A control that moved leaves what is the same as it is."""
    same = {"effect": 0.0, "low": -0.01, "high": 0.01}
    assert decided(**same, control_low=0.1, control_high=0.2) == (Verdict.SAME, None)


numbers = st.floats(-1, 1)
bounds = st.floats(0, 1) | st.just(math.inf)


@st.composite
def comparisons(draw):
    """Any comparison whose effect lies in its interval."""
    effect = draw(numbers)
    control = draw(st.none() | st.tuples(numbers, bounds))
    return {
        "effect": effect,
        "low": effect - draw(bounds),
        "high": effect + draw(bounds),
        "q": draw(st.floats(0, 1)),
        "replicates": draw(st.integers(1, 5)),
        "spread": draw(st.floats(1e-4, 0.3) | st.just(math.inf)),
        "control_low": control and control[0] - control[1],
        "control_high": control and control[0] + control[1],
    }


@given(comparisons())
def test_rule_is_its_prose(values):
    """The verdict is what a plain reading of the documented rule says."""
    verdict, reason = decided(**values)
    effect, low, high = values["effect"], values["low"], values["high"]
    changed = (
        abs(effect) > math.log(1.03)
        and not low <= 0 <= high
        and values["q"] <= 0.05
        and values["replicates"] >= 2
    )
    near, far = values["control_low"], values["control_high"]
    machine = near is not None and (near > 0 and far >= effect if effect > 0 else False)
    machine |= near is not None and (far < 0 and near <= effect if effect < 0 else False)
    if changed and not machine:
        assert verdict == (TIME.worse if effect > 0 else TIME.better)
    elif not changed and -math.log(1.03) <= low and high <= math.log(1.03):
        assert verdict == Verdict.SAME
    else:
        assert verdict == Verdict.INCONCLUSIVE
    assert (reason is None) == (verdict != Verdict.INCONCLUSIVE)


COUNTS = Rule().of(INSTRUCTIONS)


@given(comparisons())
def test_rule_of_counts_is_its_prose(values):
    """The same, of changes over 1 % that are five times the spread of equal releases or more."""
    verdict, reason = decided(COUNTS, **{**values, "control_low": None, "control_high": None})
    effect, low, high = values["effect"], values["low"], values["high"]
    changed = (
        abs(effect) > math.log(1.01)
        and not low <= 0 <= high
        and values["q"] <= 0.05
        and values["replicates"] >= 2
        and abs(effect) / values["spread"] >= 5
    )
    if changed:
        assert verdict == (INSTRUCTIONS.worse if effect > 0 else INSTRUCTIONS.better)
    elif -math.log(1.01) <= low and high <= math.log(1.01):
        assert verdict == Verdict.SAME
    else:
        assert verdict == Verdict.INCONCLUSIVE
    assert (reason is None) == (verdict != Verdict.INCONCLUSIVE)


def test_count_near_the_spread_of_equal_releases_is_inconclusive():
    """Four times the spread is not several times, however clear of zero; six times is."""
    close = {"effect": 0.04, "low": 0.03, "high": 0.05, "spread": 0.01}
    assert decided(COUNTS, **close) == (Verdict.INCONCLUSIVE, Doubt.SPREAD)
    assert decided(COUNTS, **mirrored({**CLEAR, **close}))[1] == Doubt.SPREAD
    assert decided(COUNTS, **close, q=0.2)[1] == Doubt.SPREAD
    assert decided(COUNTS, **{**close, "spread": 0.04 / 6})[0] == INSTRUCTIONS.worse
    assert decided(COUNTS, **{**close, "spread": math.inf})[1] == Doubt.SPREAD


def test_spread_does_not_matter_of_time():
    """Its replicates are averaged: the interval says what is known."""
    assert decided(spread=1.0) == decided(spread=math.inf) == (TIME.worse, None)


@given(comparisons())
def test_rule_has_no_favourite(values):
    """Before and after exchanged, slower is faster, and the rest stays."""
    verdict, reason = decided(**values)
    assert decided(**mirrored(values)) == (OPPOSITE.get(verdict, verdict), reason)


@given(comparisons(), st.integers(0, 5))
def test_more_evidence_never_takes_a_verdict_back(values, more):
    """More replicates and a smaller q with the same interval do not undo slower or faster."""
    verdict = decided(**values)[0]
    if verdict in OPPOSITE:
        stronger = {"replicates": values["replicates"] + more, "q": values["q"] / (1 + more)}
        assert decided(**{**values, **stronger})[0] == verdict


def test_a_step_over_the_limit_is_large():
    """Whatever the threshold; it must pass the other conditions, and is never the same."""
    assert decided(effect=0.02, low=0.01, high=0.03, spread=1e-3, crosses=True)[0] == TIME.worse
    assert decided(effect=0.02, low=0.01, high=0.03, spread=1e-3)[0] != TIME.worse
    assert decided(effect=0.001, low=-0.001, high=0.003, crosses=True)[0] == Verdict.INCONCLUSIVE
