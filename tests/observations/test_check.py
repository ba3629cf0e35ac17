import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_asv.metric import METRICS
from mlx_asv.observations.check import NEEDED, BadObservations, checked, read_others
from mlx_asv.observations.schema import BLOCK_SET, OUTCOMES, ROLES, SCHEMA
from mlx_asv.observations.store import ObservationsError, read
from polars.testing import assert_frame_equal

from tests.checkout import tracked
from tests.observations.test_store import row, table

MEMORY = {"metric": "memory", "value": 4e7}


def good():
    """Two block sets of two blocks of a reference and a release, an arm that failed, and the memory
    of one life of each arm."""
    arms = {"v1": "reference", "v2": "release"}
    visits = [
        row(replicate=replicate, block=block, label=label, release=label, role=role)
        for replicate in (0, 1)
        for block in (0, 1)
        for label, role in arms.items()
    ]
    no_visit = dict.fromkeys(["block", "position", "started", "calls", "timed"])
    lives = [
        row(**no_visit, replicate=0, label=label, release=label, role=role, **MEMORY)
        for label, role in arms.items()
    ]
    nothing = dict.fromkeys(["block", "position", "started", "calls", "metric", "value", "timed"])
    lost = row(**nothing, label="v3", release="v3", outcome="failed", reason="crashed")
    return table(*visits, lost, *lives)


def changed(number, **changes):
    """The good ones, with something of one row changed."""
    rows = good().to_dicts()
    rows[number] |= changes
    return table(*rows)


def refused(frame):
    """Why a table is refused: one sentence."""
    with pytest.raises(BadObservations) as error:
        checked(frame)
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message
    return message


def test_good_observations_are_let_through():
    """As they are, in the types of the schema."""
    assert_frame_equal(checked(good()), good())


def test_our_own_sweeps_are_good():
    """Every file of observations in git passes."""
    files = tracked("results/*/observations/*.parquet")
    assert files
    for path in files:
        found = read_others(path)
        assert_frame_equal(found, read([path]))
        stored = pl.read_parquet(path)
        if "seconds" in stored.columns:  # an old one
            times = found.filter(pl.col("metric").ne_missing("memory"))
            same = [name for name in stored.columns if name in SCHEMA]
            assert_frame_equal(times.select(same), stored.select(same))
            assert times["value"].equals(stored["seconds"])


def test_columns_that_nobody_needs_may_be_missing():
    """They are null then; and others are left out."""
    frame = good().select(*NEEDED).with_columns(pl.lit(1).alias("mood"))
    found = checked(frame)
    assert found.columns == list(SCHEMA)
    assert found.select(NEEDED).equals(good().select(NEEDED))
    assert found["life"].null_count() == len(found)


def test_types_may_be_wider_or_narrower():
    """Any width of integers and floats, whole seconds, categories for text."""
    frame = good().with_columns(
        pl.col("replicate").cast(pl.UInt8),
        pl.col("block").cast(pl.Int64),
        pl.col("life").cast(pl.Float32),
        pl.lit(1).alias("value"),
        pl.col("label").cast(pl.Categorical),
        pl.lit(None).alias("reason"),
    )
    assert checked(frame).schema == pl.Schema(SCHEMA)


@pytest.mark.parametrize("name", NEEDED)
def test_missing_column_is_refused(name):
    """By its name."""
    assert refused(good().drop(name)) == f"there is no column {name}."


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("value", pl.lit("0.1"), "String, not Float64"),
        ("value", pl.lit(True), "Boolean, not Float64"),
        ("metric", pl.lit(0), "Int32, not String"),
        ("replicate", pl.lit(1.0), "Float64, not Int32"),
        ("label", pl.lit(1), "Int32, not String"),
        ("started", pl.lit(0).cast(pl.Datetime), "not Float64"),
        ("seed", pl.lit("much"), "String, not Int64"),
    ],
)
def test_wrong_type_is_refused(name, values, kind):
    """By the column, with what it is and what it should be."""
    message = refused(good().with_columns(values.alias(name)))
    assert message.startswith(f"column {name} is ") and kind in message


def test_number_that_does_not_fit_is_refused():
    """By its row."""
    wide = good().with_columns(pl.col("block").cast(pl.Int64))
    block = pl.when(pl.int_range(pl.len()) == 3).then(2**40).otherwise("block").alias("block")
    assert refused(wide.with_columns(block)) == f"row 3: block is {2**40}, which is no Int32."


@pytest.mark.parametrize("value", [-1.0, 0.0, -0.0, math.nan, math.inf, None])
def test_value_that_has_no_logarithm_is_refused(value):
    """Negative, nought, infinite, none at all: by the row; of time as of memory."""
    for number in (4, 9):
        message = refused(changed(number, value=value))
        assert message.startswith(f"row {number} is ok, and its value is ")
        assert message.endswith("one is finite, and positive where ratios are compared.")


@pytest.mark.parametrize("value", [None, math.nan, -1.0])
def test_value_of_what_was_not_measured_does_not_matter(value):
    """Nobody reads it."""
    checked(changed(8, value=value))
    checked(changed(8, value=value, metric="time"))


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [("role", "base", ROLES), ("outcome", "OK", OUTCOMES), ("metric", "mood", METRICS)],
)
def test_unknown_word_is_refused(name, value, known):
    """With the words there are."""
    message = refused(changed(2, **{name: value}))
    assert message.startswith(f"row 2 has {name} '{value}', not ")
    assert all(word in message for word in known)


@pytest.mark.parametrize("name", [*BLOCK_SET, "backend", "release", "label", "role", "outcome"])
def test_row_without_a_name_is_refused(name):
    """What identifies it must be there."""
    assert refused(changed(5, **{name: None})) == f"row 5 has no {name}."


def test_value_of_no_metric_is_refused():
    """What was measured is a value of something."""
    assert refused(changed(1, metric=None)) == "row 1 is ok and has no metric."


def test_visit_without_a_block_is_refused():
    """What was measured was measured in some block, or is the only value of a life."""
    message = refused(changed(1, block=None))
    assert message.startswith("row 1 is ok and has no block")


def test_repeated_row_is_refused():
    """The second is named; and it would have counted twice."""
    frame = good()
    message = refused(pl.concat([frame, frame[3:4]]))
    assert message.startswith(f"row {len(frame)} repeats an earlier row: there is one for each ")
    assert "replicate, group, block, backend, label, metric" in message


def test_same_visit_of_another_machine_or_version_is_none_repeated():
    """They are other block sets."""
    for name in BLOCK_SET:
        other = (
            pl.col(name) + 7 if name in ("replicate", "group") else pl.lit("another").alias(name)
        )
        checked(pl.concat([good(), good().with_columns(other)]))


def test_arm_with_two_roles_is_refused():
    """In one block set an arm is one thing."""
    message = refused(changed(1, role="twin"))
    assert message == "row 1 has an arm (v2) with two roles or two releases."


def test_block_set_without_a_reference_is_refused():
    """There is nothing to compare with; the first row of the set is named."""
    frame = good().filter((pl.col("role") != "reference") | (pl.col("replicate") == 0))
    number = frame.with_row_index().filter(replicate=1)["index"][0]
    message = refused(frame)
    assert message.startswith(f"row {number} is of a block set (sweep, machine, ")
    assert message.endswith("without a row of role reference.")


def test_reference_that_failed_is_a_reference():
    """An arm may be lost; that is told with its reason, and no mistake of the file."""
    failed = {"outcome": "failed", "value": None}
    rows = [
        {**each, **failed} if each["role"] == "reference" else each for each in good().to_dicts()
    ]
    checked(table(*rows))


def test_no_rows_are_good():
    """There is nothing wrong with them."""
    assert checked(table()).is_empty()


columns = st.sampled_from(list(SCHEMA))
cells = st.none() | st.sampled_from([0, 1, -1, 2**31, "", "ok", "x", 0.5, math.nan, True])


@given(st.integers(0, 10), columns, cells)
def test_any_cell_is_refused_or_harmless(number, name, value):
    """Whatever is in a cell: a sentence, or a table that the statistics can take."""
    columns = {key: [each[key] for each in good().to_dicts()] for key in SCHEMA}
    columns[name][number] = value
    try:
        frame = pl.DataFrame(columns, schema_overrides=_others(name))
    except (TypeError, pl.exceptions.PolarsError, OverflowError):
        return
    try:
        found = checked(frame)
    except BadObservations as error:
        assert str(error).endswith(".")
    else:
        measured = found.filter(outcome="ok")["value"]
        assert (measured.is_finite() & (measured > 0)).all()


def _others(name):
    return {key: kind for key, kind in SCHEMA.items() if key != name}


@pytest.mark.parametrize("name", ["instructions", "cycles"])
def test_count_is_positive_or_null(name):
    """What the machine's counters say; a visit in which they said nothing has none."""
    assert checked(changed(3, **{name: 5e6}))[name][3] == 5e6
    expected = f"row 3 has -1.0 {name}: a count is positive and finite, or null."
    assert refused(changed(3, **{name: -1.0})) == expected


# -- files -----------------------------------------------------------------------------------


def test_file_is_named_with_the_row(tmp_path):
    """One sentence, that begins with the file."""
    path = tmp_path / "theirs.parquet"
    changed(4, value=-1.0).write_parquet(path)
    with pytest.raises(ObservationsError) as error:
        read_others(path)
    assert str(error.value) == (
        f"{path}: row 4 is ok, and its value is -1.0: one is finite, and positive where ratios "
        "are compared."
    )


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", None])
def test_file_that_is_no_parquet_is_refused(tmp_path, content):
    """Empty, something else, or not there."""
    path = tmp_path / "theirs.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ObservationsError) as error:
        read_others(path)
    assert str(error.value).startswith(f"{path} cannot be read as Parquet (")
    assert "\n" not in str(error.value)
