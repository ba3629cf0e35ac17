import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.observations.check import BadObservations
from mlx_asv.verdicts.order import release_order, releases

SCHEMA = {"label": pl.String, "role": pl.String, "started": pl.Float64}


def observed(*rows):
    """Rows of label, role and time of start."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def of(*labels):
    """Releases that were started in this order."""
    return observed(*((label, "release", float(n)) for n, label in enumerate(labels)))


def test_versions_are_in_order_of_version():
    """Whenever they were measured; the tenth comes after the ninth."""
    assert release_order(of("v0.10.0", "v0.9.0", "v1.0rc1", "v1.0", "0.9.1")) == [
        "v0.9.0",
        "0.9.1",
        "v0.10.0",
        "v1.0rc1",
        "v1.0",
    ]


def test_other_labels_are_in_order_of_time():
    """One that is no version is enough: as they were first measured."""
    assert release_order(of("main", "v2", "v1", "main")) == ["main", "v2", "v1"]


def test_twins_and_controls_are_no_releases():
    """Their labels do not matter."""
    frame = observed(("v2", "reference", 1), ("v2 (A/A)", "twin", 1), ("2.13 cpu", "control", 1))
    assert release_order(frame) == ["v2"]
    assert releases(frame) == ["v2"]


def test_order_that_nothing_tells_is_refused():
    """No versions, and no times."""
    frame = of("base", "head").with_columns(started=pl.lit(None, pl.Float64))
    with pytest.raises(BadObservations, match=r"Invalid version: 'base'.*which came first"):
        release_order(frame)
    assert release_order(of("v1", "v2").with_columns(started=pl.lit(None, pl.Float64)))


def test_label_whose_times_are_known_in_part():
    """The first known one counts."""
    frame = pl.concat([of("b", "a"), observed(("a", "release", None))])
    assert release_order(frame) == ["b", "a"]


@given(st.permutations(["v0.1", "v0.2", "v0.2.1", "v0.10", "v1.0.dev3", "v1.0"]))
def test_order_of_versions_is_independent_of_rows(labels):
    """Any order of rows gives the same."""
    expected = ["v0.1", "v0.2", "v0.2.1", "v0.10", "v1.0.dev3", "v1.0"]
    assert release_order(of(*labels)) == expected
