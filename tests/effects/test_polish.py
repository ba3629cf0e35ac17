import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_asv.effects.polish import (
    Polish,
    contrast,
    contrasts,
    nanmedian,
    polish,
    scale,
    standard_errors,
)

from tests.effects import plain

TINY = 2e-5


LOG_SECONDS = st.integers(-3000, 3000).map(lambda n: n / 1000)
#: What a timer that ticks coarsely gives.
TICKS = st.integers(0, 4).map(lambda n: n / 8)


def tables(values=LOG_SECONDS, blocks=8, arms=6):
    """Log seconds, (blocks, arms), some of them missing."""
    cell = st.one_of(values, values, values, st.just(np.nan))
    return st.integers(1, arms).flatmap(
        lambda k: st.lists(st.lists(cell, min_size=k, max_size=k), min_size=1, max_size=blocks).map(
            np.array
        )
    )


def rows(table):
    """The same for the plain code."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in table]


def numbers(values):
    """A list of numbers and None as an array."""
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def same(one, other, tolerance=TINY):
    """Whether two arrays are equal, NaN included."""
    return np.allclose(one, other, rtol=0, atol=tolerance, equal_nan=True)


def additive(rng, blocks, arms):
    """True levels of arms, and a table without noise."""
    levels = rng.normal(0, 2, arms)
    return levels, levels + rng.normal(0, 0.5, (blocks, 1))


# -- the plain code agrees -------------------------------------------------------------------


@settings(max_examples=60)
@given(table=st.one_of(tables(), tables(TICKS)))
def test_polish_is_the_plain_polish(table):
    """Levels, blocks and residuals are those of the plain code: missing cells, ties, any size."""
    fit = polish(table)
    arms, blocks, residuals = plain.polish(rows(table))
    assert same(fit.arms, numbers(arms))
    assert same(fit.blocks, numbers(blocks))
    assert same(fit.residuals, np.array([numbers(row) for row in residuals]))


@settings(max_examples=60)
@given(table=st.one_of(tables(), tables(TICKS)), data=st.data())
def test_contrast_is_the_plain_contrast(table, data):
    """So are the contrasts with any arm, and their errors."""
    reference = data.draw(st.integers(0, table.shape[1] - 1))
    found = contrasts(polish(table), reference)
    for arm in range(table.shape[1]):
        estimate, error = plain.contrast(rows(table), arm, reference)
        if arm == reference and estimate is None:
            continue
        assert same([found.estimate[arm]], numbers([estimate]))
        if estimate is not None:
            assert same([found.error[arm]], numbers([error]))
            assert same(contrast(table, arm, reference), numbers([estimate, error]))


@settings(max_examples=60)
@given(table=st.one_of(tables(blocks=14), tables(TICKS, blocks=14)))
def test_scale_and_median_are_the_plain_ones(table):
    """The robust standard deviation of a column, and the fast median, are what they should be."""
    columns = list(zip(*rows(table), strict=True))
    assert same(scale(table), numbers([plain.scale(column) for column in columns]), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [np.nanmedian(table, axis=0), np.nanmedian(table, axis=1)]
    assert same(nanmedian(table, 0), expected[0], 0)
    assert same(nanmedian(table, 1), expected[1], 0)


# -- what it finds ---------------------------------------------------------------------------


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), missing=st.floats(0, 0.8))
def test_additive_times_are_taken_apart_exactly(seed, missing):
    """Without noise the arms that blocks connect are found exactly, however many cells are not."""
    rng = np.random.default_rng(seed)
    blocks, arms = rng.integers(1, 30), rng.integers(1, 40)
    levels, table = additive(rng, blocks, arms)
    table[rng.random(table.shape) < missing] = np.nan
    fit = polish(table)
    found = ~np.isnan(fit.arms)
    offsets = (fit.arms - levels)[found]
    assert same(offsets, np.full_like(offsets, offsets.mean() if found.any() else 0), 1e-9)
    assert np.nanmax(np.abs(fit.residuals), initial=0) < 1e-9


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_and_unit_do_not_matter(seed):
    """Permuted arms and blocks give permuted results; another unit of time moves levels alone."""
    rng = np.random.default_rng(seed)
    table = additive(rng, 12, 7)[1] + rng.normal(0, 0.02, (12, 7))
    table[rng.random(table.shape) < 0.2] = np.nan
    table[:, 0] = rng.normal(0, 0.5, 12)
    rows, columns = rng.permutation(12), rng.permutation(7)
    fit, moved = polish(table), polish(table[rows][:, columns] + math.log(1000))
    assert same(moved.arms, fit.arms[columns] + math.log(1000))
    assert same(moved.blocks, fit.blocks[rows])
    there = contrasts(fit, 0)
    here = contrasts(moved, int(np.flatnonzero(columns == 0)[0]))
    assert same(here.estimate, there.estimate[columns])
    assert same(here.error, there.error[columns])


@pytest.mark.parametrize("arms", [2, 3, 4, 12, 28])
def test_interference_and_drift_cancel(arms):
    """Blocks up to twice as slow, a drift to three times, one visit in ten 10 times as long."""
    rng = np.random.default_rng(arms)
    levels = np.linspace(0, 3, arms)
    table = levels + rng.normal(0, 0.01, (30, arms))
    table += np.log(rng.uniform(1, 2, (30, 1))) + np.linspace(0, np.log(3), 30)[:, None]
    table[rng.random(table.shape) < 0.1] += np.log(10)
    found = contrasts(polish(table), 0)
    assert same(found.estimate, levels - levels[0], 0.015)
    assert (found.error < 0.01).all()


@pytest.mark.parametrize("arms", [3, 5, 7])
def test_small_difference_among_few_arms_is_not_lost(arms):
    """Plain median polish finds nothing here: too often the arm is itself the median."""
    rng = np.random.default_rng(1)
    found, means = [], []
    for _ in range(200):
        table = rng.normal(0, 0.02, (40, arms)) + rng.normal(0, 0.3, (40, 1))
        table[:, 1] += 0.003
        found.append(contrast(table, 1, 0)[0])
        means.append(np.mean(table[:, 1] - table[:, 0]))
    assert np.mean(found) == pytest.approx(np.mean(means), abs=0.0006)


@pytest.mark.parametrize("arms", [2, 3, 4, 28])
@pytest.mark.parametrize("noise", ["normal", "heavy"])
def test_errors_are_honest_for_few_and_many_arms(arms, noise):
    """The reported errors are within 20 % of the spread of the contrasts that they describe."""
    rng = np.random.default_rng(7)
    estimates, errors, own = [], [], []
    for _ in range(max(60, 600 // arms)):
        shape = (20, arms)
        values = rng.normal(size=shape) if noise == "normal" else rng.standard_t(4, shape)
        fit = polish(0.02 * values + rng.normal(0, 0.3, (20, 1)))
        found = contrasts(fit, 0)
        estimates.append(found.estimate[1:])
        errors.append(found.error[1:])
        own.append(standard_errors(fit))
    spread = np.sqrt(np.mean(np.square(estimates)))
    assert np.mean(errors) == pytest.approx(spread, rel=0.2)
    assert np.mean(own) * math.sqrt(2) == pytest.approx(spread, rel=0.2)


def test_error_counts_the_blocks_of_each_arm():
    """A quiet arm that stopped early is known as well as the noisy reference that went on."""
    rng = np.random.default_rng(3)
    estimates, errors = [], []
    for _ in range(150):
        table = rng.normal(0, 0.005, (40, 12)) + rng.normal(0, 0.3, (40, 1))
        table[:, 0] += rng.normal(0, 0.03, 40)
        table[10:, 1:3] = np.nan
        found = contrasts(polish(table), 0)
        estimates.append(found.estimate[1:])
        errors.append(found.error[1:])
    spread = np.std(estimates, axis=0)
    assert np.mean(errors, axis=0)[2:] == pytest.approx(spread[2:], rel=0.2)
    assert np.mean(errors, axis=0)[:2] == pytest.approx(spread[:2], rel=0.3)


def test_noise_of_a_third_arm_is_not_counted():
    """Two quiet arms beside a noisy one are compared as well as without it."""
    rng = np.random.default_rng(4)
    table = rng.normal(0, [0.005, 0.005, 0.2], (40, 3)) + rng.normal(0, 0.3, (40, 1))
    _, alone = contrast(table[:, :2], 1, 0)
    _, beside = contrast(table, 1, 0)
    assert beside == pytest.approx(alone, rel=0.05)


# -- little to go by -------------------------------------------------------------------------


def test_arms_that_stop_early_or_crash():
    """Each is compared in the blocks it has; the drift of the later ones is not its own."""
    levels = np.array([0.0, 0.1, 0.2, 0.3])
    table = levels + np.linspace(0, 1, 20)[:, None]
    table[5:, 1] = np.nan
    table[1:, 2] = np.nan
    table[:, 3] = np.nan
    found = contrasts(polish(table), 0)
    assert same(found.estimate, [0, 0.1, 0.2, np.nan])
    assert same(found.error, [0, 0, np.nan, np.nan])


def test_arms_without_a_common_block():
    """They can be compared through a third that has blocks with both, and only so."""
    nan = np.nan
    apart = np.array([[1, nan], [nan, 2]])
    assert np.isnan(contrast(apart, 1, 0)).all() or np.isnan(contrast(apart, 0, 1)).all()
    through = np.array([[1, nan, 5], [1, nan, 5], [nan, 2, 6], [nan, 2, 6]])
    assert contrast(through, 1, 0)[0] == pytest.approx(0)


def test_arm_alone():
    """One arm has its median level and no error; a block it has to itself tells nothing else."""
    fit = polish(np.array([[1.0], [2.0], [6.0]]))
    assert fit.arms == pytest.approx([2])
    assert np.isnan(standard_errors(fit)).all()
    both = np.array([[1.0, 2.0], [1.0, 2.0], [7.0, np.nan]])
    assert same(polish(both).arms, [1, 2])
    assert np.isnan(polish(both).residuals[2]).all()


def test_one_block():
    """One block gives an estimate, and no idea how good it is."""
    found = contrasts(polish(np.array([[1.0, 1.5, np.nan]])), 0)
    assert same(found.estimate, [0, 0.5, np.nan])
    assert same(found.error, [0, np.nan, np.nan])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (3, 3)])
def test_nothing(shape):
    """Nothing in, nothing out, silently."""
    fit = polish(np.full(shape, np.nan))
    assert isinstance(fit, Polish)
    assert fit.arms.shape == standard_errors(fit).shape == shape[1:]
    assert np.isnan(fit.arms).all()
    if shape[1]:
        assert np.isnan(contrasts(fit, 0).estimate).all()


def test_timer_that_ticks():
    """Half of the visits equal is not an error of nought; all of them equal is."""
    rng = np.random.default_rng(0)
    true = 1e-6 * np.exp(rng.normal(0, 0.01, (30, 6)))
    ticks = np.log(np.round(true / 2.5e-8) * 2.5e-8)  # nearly all are 39, 40 or 41 ticks
    assert np.median(np.abs(ticks - np.median(ticks))) == 0
    found, exact = contrasts(polish(ticks), 0), contrasts(polish(np.log(true)), 0)
    assert (found.error[1:] > exact.error[1:] / 2).all()
    assert (found.error[1:] < exact.error[1:] * 3).all()
    ticks[3, 1] += np.log(10)
    assert contrasts(polish(ticks), 0).error[1] < exact.error[1] * 3
    assert same(contrasts(polish(np.full((30, 6), -7.0)), 0).error, np.zeros(6), 0)
