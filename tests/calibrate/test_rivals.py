import numpy as np
import polars as pl
import pytest
from mlx_asv.calibrate.history import ORDER
from mlx_asv.calibrate.rivals import asv_compare, asv_publish, otava, samples

from tests.checkout import KEPT

#: One that goes up by a fifth at the ninth release, and one that never does.
CHANGED, EQUAL = "changed", "equal"


@pytest.fixture(scope="module")
def every():
    """Three replicates of eight visits each, with 0.5 % of noise."""
    rng = np.random.default_rng(1)

    def series(step):
        levels = [1.0 if place < 8 else 1.0 + step for place in range(len(ORDER))]
        return [
            [(level * np.exp(rng.normal(0, 0.005, 8))).tolist() for _ in range(3)]
            for level in levels
        ]

    return {CHANGED: series(0.2), EQUAL: series(0.0)}


def slower(flags, case):
    """The positions that are flagged upwards."""
    return sorted(flags.filter(case=case, flag=1)["position"])


def test_asv_compare_finds_the_step(every):
    """At its release, by asv's own function; with a larger factor it does not."""
    assert slower(asv_compare(every), CHANGED) == [8]
    assert slower(asv_compare(every, 1.3), CHANGED) == []
    assert slower(asv_compare(every), EQUAL) == []


def test_asv_publish_finds_the_step(every):
    """By asv's step detection; nothing in the series that is flat."""
    assert slower(asv_publish(every), CHANGED) == [8]
    assert slower(asv_publish(every), EQUAL) == []


def test_otava_finds_the_step(every):
    """The real one, in a virtualenv of its own; with a point for each replicate."""
    found = otava(every, KEPT)
    assert 8 in slower(found, CHANGED)
    assert not set(found["flag"]) - {-1, 1}


def test_samples_are_raw_seconds_by_release_and_replicate():
    """The twin is left out, and what failed."""
    rows = [
        ("a", "v1", "reference", 0, 0.1, "ok"),
        ("a", "v1", "reference", 1, 0.2, "ok"),
        ("a", "v1 (A/A)", "twin", 0, 9.0, "ok"),
        ("a", "v2", "release", 0, 0.3, "ok"),
        ("a", "v2", "release", 1, None, "failed"),
    ]
    names = ["case", "label", "role", "replicate", "value", "outcome"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    found = samples(frame.with_columns(metric=pl.lit("time")))
    assert found["a"][:2] == [[[0.1], [0.2]], [[0.3]]]
