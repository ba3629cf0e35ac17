from math import log

import polars as pl
import pytest
from mlx_asv.verdicts.fresh import FRESH, fresh, pairs_of
from mlx_asv.verdicts.sequential import StoppingRule

from tests.verdicts.test_evidence import observed

RULE = StoppingRule()


def confirmation(step, name="2026-01-01", **options):
    """A confirmation of v2 against v1 on `mlx_cpu`, with a twin and a control."""
    frame = observed(step, **options).with_columns(pl.lit(name).alias("sweep"))
    return frame.with_columns(pl.lit(0, pl.Int32).alias("group"))


def test_row_for_each_pair():
    """Its decision, the size and the interval; the twin's and controls' rows are part of it."""
    (row,) = fresh(confirmation(log(1.08)), RULE).iter_rows(named=True)
    assert (row["backend"], row["before"], row["after"]) == ("mlx_cpu", "v1", "v2")
    assert row["confirmed"] == "slower"
    assert row["fresh_effect"] == pytest.approx(log(1.08), abs=0.01)
    assert row["fresh_low"] <= log(1.08) <= row["fresh_high"]
    assert row["fresh_replicates"] == 5


def test_undecided_pair_has_no_decision():
    """Two replicates decide nothing; how many there are is known."""
    (row,) = fresh(confirmation(0.2, replicates=2), RULE).iter_rows(named=True)
    assert (row["confirmed"], row["fresh_replicates"]) == (None, 2)


def test_later_confirmations_are_further_looks():
    """Two of two replicates each, on which nothing can be decided, are four together."""
    frames = [confirmation(0.2, f"2026-01-0{n}", replicates=2, seed=n) for n in (1, 2)]
    (row,) = fresh(pl.concat(frames), RULE).iter_rows(named=True)
    assert (row["confirmed"], row["fresh_replicates"]) == ("slower", 4)


def test_pairs_are_told_apart():
    """By the releases, by the machine, by the case."""
    one = confirmation(0.2)
    frames = [one, one.with_columns(pl.lit("pc").alias("machine"))]
    later = confirmation(0.2, "2026-01-02")
    frames.append(later.with_columns(pl.col("release", "label").replace({"v2": "v3"})))
    keys = [key for key, _ in pairs_of(pl.concat(frames))]
    assert len(keys) == len(set(keys)) == 3
    assert all(part.height == one.height for _, part in pairs_of(pl.concat(frames)))


def test_release_that_was_skipped_at_once():
    """A reference alone makes no pair."""
    alone = confirmation(0.2).filter(role="reference")
    assert fresh(alone, RULE).is_empty()
    assert fresh(alone.clear(), RULE).schema == FRESH
