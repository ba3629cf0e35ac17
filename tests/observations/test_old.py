import math

import polars as pl
import pytest
from mlx_asv.observations import old
from mlx_asv.observations.check import NEEDED_OF_OLD, BadObservations, checked
from mlx_asv.observations.schema import BLOCK_SET, SCHEMA
from mlx_asv.observations.store import ObservationsError, read
from polars.testing import assert_frame_equal

from tests.observations.test_store import row

VISIT = ("block", "position", "started", "calls", "timed")


def old_row(**changes):
    """One visit, as an old file has it."""
    new = row(seconds=0.001, rss=40_000_000)
    return {name: new[name] for name in old.SCHEMA} | changes


def table(*rows):
    """Rows in the types of an old file."""
    return pl.DataFrame(rows, schema=old.SCHEMA)


def good():
    """Two lives of two visits of a reference and a release; one life of an arm that failed."""
    visits = [
        old_row(replicate=n, block=block, label=label, release=label, role=role, rss=rss + n)
        for n in (0, 1)
        for block in (0, 1)
        for label, role, rss in (("v1", "reference", 100), ("v2", "release", 200))
    ]
    nothing = dict.fromkeys((*VISIT, "seconds", "rss"))
    return table(*visits, old_row(**nothing, label="v3", release="v3", outcome="failed"))


def changed(number, **changes):
    """The good ones, with something of one row changed."""
    rows = good().to_dicts()
    rows[number] |= changes
    return table(*rows)


def refused(frame):
    """Why a table is refused."""
    with pytest.raises(BadObservations) as error:
        checked(frame)
    return str(error.value)


def test_file_is_read_as_todays_and_left_alone(tmp_path):
    """The reader converts; not a byte of the file changes."""
    path = tmp_path / "old.parquet"
    good().write_parquet(path)
    before = path.read_bytes()
    found = read([path])
    assert found.schema == pl.Schema(SCHEMA)
    assert_frame_equal(found, old.converted(good()))
    assert_frame_equal(found, checked(good()))
    assert path.read_bytes() == before


def test_every_visit_is_a_time():
    """As it was, in its place."""
    found = old.converted(good()).filter(pl.col("metric").ne_missing("memory"))
    assert found["metric"].to_list() == ["time"] * 8 + [None]
    assert found["value"].equals(good()["seconds"])
    same = [name for name in old.SCHEMA if name in SCHEMA]
    assert_frame_equal(found.select(same), good().select(same))


def test_every_life_has_its_memory_once():
    """Of no block; what its visits took, and when, is not said again."""
    found = old.converted(good()).filter(metric="memory")
    assert found.select("replicate", "label", "value").rows() == [
        (0, "v1", 100.0),
        (0, "v2", 200.0),
        (1, "v1", 101.0),
        (1, "v2", 201.0),
    ]
    assert all(found[name].null_count() == found.height for name in VISIT)
    assert found.select(*BLOCK_SET, "role", "seed", "life").null_count().row(0) == (0,) * 11


def test_lost_arm_stays_one_row():
    """It is of no metric, with its reason."""
    (row,) = old.converted(good()).filter(outcome="failed").to_dicts()
    assert (row["metric"], row["value"], row["block"]) == (None, None, None)


def test_without_memory_there_are_times_alone():
    """Others may not have recorded it."""
    found = checked(good().drop("rss"))
    assert set(found["metric"]) == {"time", None}


def test_both_kinds_are_read_together(tmp_path):
    """A machine has old sweeps and new ones."""
    good().write_parquet(tmp_path / "a.parquet")
    old.converted(good()).write_parquet(tmp_path / "b.parquet")
    one, two = (read([tmp_path / f"{name}.parquet"]) for name in "ab")
    assert_frame_equal(one, two)
    assert read([tmp_path / "a.parquet", tmp_path / "b.parquet"]).height == 2 * one.height


@pytest.mark.parametrize("name", NEEDED_OF_OLD)
def test_missing_column_is_refused(name):
    """By its name; without `seconds` it is no old file, and lacks what today's have."""
    there = "metric, value" if name == "seconds" else name
    assert refused(good().drop(name)) == f"there is no column {there}."


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("seconds", pl.lit("0.1"), "String, not Float64"),
        ("seconds", pl.lit(True), "Boolean, not Float64"),
        ("rss", pl.lit("much"), "String, not Int64"),
    ],
)
def test_wrong_type_is_refused(name, values, kind):
    """By the column, with what it is and what it should be."""
    message = refused(good().with_columns(values.alias(name)))
    assert message.startswith(f"column {name} is ") and kind in message


@pytest.mark.parametrize("value", [-1.0, 0.0, -0.0, math.nan, math.inf, None])
def test_seconds_that_are_no_time_are_refused(value):
    """Negative, nought, infinite, none at all: by the row."""
    message = refused(changed(4, seconds=value))
    assert message.startswith("row 4 is ok, and its seconds are ")
    assert message.endswith("a time is positive and finite.")


@pytest.mark.parametrize("value", [None, math.nan, -1.0])
def test_seconds_of_what_was_not_measured_do_not_matter(value):
    """Nobody reads them."""
    checked(changed(8, seconds=value))


def test_visit_without_a_block_is_refused():
    """What was measured was measured in some block."""
    assert refused(changed(1, block=None)) == "row 1 is ok and has no block."


def test_repeated_row_is_refused():
    """The second is named."""
    message = refused(pl.concat([good(), good()[3:4]]))
    assert message.startswith("row 9 repeats an earlier row: there is one for each ")
    assert message.endswith("replicate, group, block, backend, label.")


def test_damaged_old_file_is_named(tmp_path):
    """With what is wrong with it."""
    path = tmp_path / "old.parquet"
    good().drop("sweep").write_parquet(path)
    with pytest.raises(ObservationsError, match="sweep"):
        read([path])


def test_metric_of_a_newer_version_is_no_silence(tmp_path):
    """Values that this version cannot judge are not left out without a word."""
    path = tmp_path / "new.parquet"
    old.converted(good()).with_columns(metric=pl.lit("mood")).write_parquet(path)
    with pytest.raises(ObservationsError, match="has values of mood, which this version"):
        read([path])
