from math import inf, isnan, log, sqrt
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.metric import TIME
from mlx_asv.verdicts.sequential import (
    FEWEST,
    TRIMMED,
    StoppingRule,
    critical,
    look,
    trimmed,
)
from scipy import stats

RULE = StoppingRule()

ratios = st.lists(st.floats(-1.0, 1.0), max_size=12)


# -- simulation ------------------------------------------------------------------------------


def draws(kind: str, sd: float, pairs: int, most: int, seed: int) -> np.ndarray:
    """Log ratios of equal releases, (pairs, most); `sd` of them, but for lives that went wrong.

    `t`: with 3 degrees of freedom. `bimodal`: normal, and of either release one life in twenty
    takes a third more.
    """
    rng = np.random.default_rng(seed)
    shape = (pairs, most)
    if kind == "t":
        return sd * rng.standard_t(3, shape) / sqrt(3)
    values = sd * rng.standard_normal(shape)
    if kind == "bimodal":
        odd = rng.random((2, *shape)) < 0.05
        values += log(1.33) * (odd[0].astype(float) - odd[1])
    return values


def decided(values: np.ndarray, rule: StoppingRule) -> tuple[dict[str, float], float]:
    """The part of the pairs that ends with each decision, and the mean number of replicates.

    As `look` decides, for all pairs at once.
    """
    ends = np.full(len(values), "inconclusive")
    stops = np.full(len(values), rule.most)
    going = np.arange(len(values))
    for count in range(FEWEST, rule.most + 1):
        mean, error = trimmed_means(values[going, :count])
        half = error * critical(count, (1 - rule.confidence) / 2, FEWEST)
        alarm = error * critical(count, rule.false_alarms, RULE.fewest_for_a_change)
        alarm = np.maximum(alarm, rule.threshold)
        found = [mean > alarm, mean < -alarm, np.abs(mean) + half < rule.threshold]
        settled = np.logical_or.reduce(found)
        ends[going[settled]] = np.select(found, ["slower", "faster", "same"], "")[settled]
        stops[going[settled]] = count
        going = going[~settled]
    names = ("inconclusive", "slower", "faster", "same")
    return {name: float((ends == name).mean()) for name in names}, float(stops.mean())


def trimmed_means(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trimmed mean and standard error of each row."""
    count = values.shape[1]
    out = count // TRIMMED
    ordered = np.sort(values, axis=1)
    left = count - 2 * out
    winsorised = ordered.clip(ordered[:, [out]], ordered[:, [count - out - 1]])
    error = winsorised.std(axis=1, ddof=1) * sqrt((count - 1) / (left * (left - 1)))
    return ordered[:, out : count - out].mean(axis=1), error.clip(TIME.floor / sqrt(count))


@pytest.mark.parametrize("kind", ["normal", "t", "bimodal"])
@pytest.mark.parametrize("sd", [0.005, 0.01, 0.02, 0.05])
def test_equal_releases_are_called_slower_once_in_a_thousand_at_most(kind: str, sd: float) -> None:
    """However much replicates scatter, and if some lives go wrong; of 40,000 pairs each."""
    parts, _ = decided(draws(kind, sd, 40_000, RULE.most, seed=1), RULE)
    # 1 in 1,000 would be 40; 53 or more of those come once in forty times.
    assert parts["slower"] * 40_000 <= 52
    assert parts["faster"] * 40_000 <= 52


def test_no_threshold_is_needed_for_that() -> None:
    """The interval alone keeps the rate: for normal replicates whatever they scatter."""
    rule = StoppingRule(1e-9)
    parts, replicates = decided(draws("normal", 1.0, 40_000, rule.most, seed=2), rule)
    assert 10 <= parts["slower"] * 40_000 <= 52
    assert replicates > 0.99 * rule.most


#: Change in percent, sd in percent -> the decision, how often at least, replicates at most.
POWER = [
    (0, 0.5, "same", 0.999, 3.5),
    (0, 1.0, "same", 0.999, 5.5),
    (0, 2.0, "same", 0.985, 15.0),
    (1, 0.5, "same", 0.999, 4.5),
    (1, 1.0, "same", 0.98, 8.0),
    (2, 0.5, "same", 0.99, 10.0),
    (5, 0.5, "slower", 0.999, 4.5),
    (5, 1.0, "slower", 0.999, 6.0),
    (5, 2.0, "slower", 0.99, 11.0),
    (10, 0.5, "slower", 0.999, 4.1),
    (10, 1.0, "slower", 0.999, 4.6),
    (10, 2.0, "slower", 0.999, 6.2),
]


@pytest.mark.parametrize(("change", "sd", "decision", "often", "most"), POWER)
def test_changes_are_found_on_few_replicates(
    change: float, sd: float, decision: str, often: float, most: float
) -> None:
    """5 and 10 % are found nearly always, no change of note is called the same."""
    values = draws("normal", sd / 100, 4_000, RULE.most, seed=3) + log(1 + change / 100)
    parts, replicates = decided(values, RULE)
    assert parts[decision] >= often
    assert replicates <= most


@pytest.mark.parametrize(("change", "decision"), [(0, "same"), (5, "slower"), (10, "slower")])
def test_lives_that_went_wrong_do_not_hide_it(change: float, decision: str) -> None:
    """One in twenty of either release is a third slower: nearly every pair is decided rightly."""
    parts, replicates = decided(
        draws("bimodal", 0.01, 4_000, RULE.most, seed=7) + log(1 + change / 100), RULE
    )
    assert parts[decision] >= 0.985
    assert replicates <= 9


@pytest.mark.parametrize("sd", [0.005, 0.01, 0.02])
def test_a_change_that_matters_is_seldom_called_the_same(sd: float) -> None:
    """Of changes just over the threshold at most as many as the interval may be wrong for."""
    values = draws("normal", sd, 10_000, RULE.most, seed=4) + RULE.threshold * 1.01
    parts, _ = decided(values, RULE)
    assert parts["same"] <= (1 - RULE.confidence) / 2
    assert parts["faster"] == 0


@pytest.mark.parametrize("kind", ["normal", "t"])
@pytest.mark.parametrize("change", [0.0, 0.03, 0.05])
def test_published_interval_holds_when_it_is_stopped(kind: str, change: float) -> None:
    """95 of 100 have the truth in them, although the data said when to stop."""
    rule = StoppingRule(most=12)
    held = 0
    for values in draws(kind, 0.02, 600, rule.most, seed=5) + change:
        found = next(
            each
            for count in range(1, rule.most + 1)
            if (each := look(values[:count].tolist(), rule)).decision
        )
        held += found.low <= change <= found.high
    assert held >= 0.95 * 600


def test_simulation_decides_as_the_code_does() -> None:
    """The vectorised rule of these tests is that of `look`."""
    rule = StoppingRule(most=8)
    values = draws("normal", 0.015, 200, rule.most, seed=6) + 0.03
    ends: dict[str, int] = {}
    total = 0
    for row in values:
        for count in range(1, rule.most + 1):
            if decision := look(row[:count].tolist(), rule).decision:
                ends[decision] = ends.get(decision, 0) + 1
                total += count
                break
    parts, replicates = decided(values, rule)
    assert {name: round(part * 200) for name, part in parts.items() if part} == ends
    assert replicates == pytest.approx(total / 200)


# -- one look --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 0.05, 0.5, -0.5])
@pytest.mark.parametrize("count", range(FEWEST))
def test_nothing_is_decided_on_fewer_than_three(count: int, value: float) -> None:
    """However large, and however well they agree."""
    found = look([value] * count, RULE)
    assert found.decision is None
    assert (found.low, found.high, found.replicates) == (-inf, inf, count)
    assert isnan(found.effect) if count == 0 else found.effect == value


def test_equal_values_are_not_believed_to_be_exact() -> None:
    """A coarse timer makes replicates equal: their interval has a width all the same."""
    found = look([0.04] * 4, RULE)
    assert found.low < 0.04 < found.high
    assert found.decision is None
    assert look([0.0] * 3, RULE).decision == "same"
    assert look([0.2] * 4, RULE).decision == "slower"


def test_one_wild_replicate_decides_nothing() -> None:
    """Two that agree and one that went wrong are no slowdown; nor are three wrong ones."""
    assert look([0.0, 0.001, 0.3], RULE).decision is None
    assert look([0.3, 0.301, 0.299], RULE).decision is None


def test_small_but_certain_change_is_not_slower() -> None:
    """The interval is above zero, the change under the threshold: it is the same."""
    found = look([0.02, 0.0201, 0.0199] * 6, RULE)
    assert found.low > 0
    assert found.decision == "same"


def test_undecided_at_the_bound_is_inconclusive() -> None:
    """What scatters around the threshold never ends by itself."""
    values = [RULE.threshold - 0.02, RULE.threshold + 0.015] * 15
    assert look(values[:-1], RULE).decision is None
    assert look(values, RULE).decision == "inconclusive"


MIRROR = {"slower": "faster", "faster": "slower"}


@given(values=ratios)
def test_faster_is_slower_turned_round(values: list[float]) -> None:
    """Exchanging the releases changes the sign of all, and the decision with it."""
    here, there = look(values, RULE), look([-value for value in values], RULE)
    assert there.decision == MIRROR.get(here.decision or "", here.decision)
    assert (there.low, there.high) == pytest.approx((-here.high, -here.low))


@given(values=ratios)
def test_decision_is_what_the_interval_says(values: list[float]) -> None:
    """`slower` has an interval above zero and an effect over the threshold, `same` one inside."""
    found = look(values, RULE)
    assert found.replicates == len(values)
    if values:
        assert found.effect == trimmed(values, TIME.floor)[0]
        assert found.low <= found.effect <= found.high
    if found.decision == "slower":
        assert found.low > 0 and found.effect > RULE.threshold
        assert found.replicates >= RULE.fewest_for_a_change
    elif found.decision == "faster":
        assert found.high < 0 and found.effect < -RULE.threshold
        assert found.replicates >= RULE.fewest_for_a_change
    elif found.decision == "same":
        assert -RULE.threshold < found.low and found.high < RULE.threshold
        assert found.replicates >= FEWEST
    else:
        assert found.decision is None


@given(values=ratios, data=st.data())
def test_order_of_replicates_does_not_matter(values: list[float], data: st.DataObject) -> None:
    """A look is at all of them together."""
    shuffled = data.draw(st.permutations(values))
    here, there = look(values, RULE), look(shuffled, RULE)
    assert (there.low, there.high) == pytest.approx((here.low, here.high), abs=1e-9)


# -- intervals -------------------------------------------------------------------------------


@given(first=st.integers(2, 6), error=st.floats(1e-4, 0.05))
def test_looks_spend_what_is_allowed_and_no_more(first: int, error: float) -> None:
    """The errors of single looks add up to all that are allowed, and never to more."""
    looks = np.arange(first, 300)
    df = looks - 2 * (looks // TRIMMED) - 1
    spent = stats.t.sf([critical(int(n), error, first) for n in looks], df)
    left = error * (first - 1) / looks[-1]
    assert spent.sum() == pytest.approx(error - left, rel=1e-4)
    assert critical(first - 1, error, first) == inf


@given(values=st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=TRIMMED - 1))
def test_few_replicates_all_count(values: list[float]) -> None:
    """Mean and standard error, with the floor under the standard deviation."""
    expected = fmean(values), max(stdev(values), TIME.floor) / sqrt(len(values))
    assert trimmed(values, TIME.floor) == pytest.approx(expected, abs=1e-9)


@given(values=st.lists(st.floats(-1.0, 1.0), min_size=TRIMMED, max_size=30))
def test_of_many_the_outermost_do_not_count(values: list[float]) -> None:
    """One in seven on either side: the mean is SciPy's, the error of winsorised values."""
    mean, error = trimmed(values, TIME.floor)
    assert mean == pytest.approx(stats.trim_mean(values, 1 / TRIMMED + 1e-9), abs=1e-9)
    expected = trimmed_means(np.array([values]))
    assert (mean, error) == pytest.approx((expected[0][0], expected[1][0]), abs=1e-9)


@given(values=st.lists(st.floats(-0.05, 0.05), min_size=TRIMMED - 1, max_size=12))
def test_one_life_that_went_wrong_is_bounded(values: list[float]) -> None:
    """However far off: mean and error are what they are of a life that is a little off."""
    here, there = (trimmed([*values, last], TIME.floor) for last in (0.3, 30.0))
    assert here == there
    assert abs(here[0]) <= 0.05 + 1e-12


def test_nothing_is_known_of_fewer_than_two() -> None:
    """No error without a spread."""
    assert trimmed([0.1], TIME.floor) == (0.1, inf)
    mean, error = trimmed([], TIME.floor)
    assert isnan(mean) and error == inf
