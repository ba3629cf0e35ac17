import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cases import Case, nbytes

from .suite import operations

shapes = st.lists(st.integers(1, 10**7), min_size=1, max_size=5).map(tuple)


def test_shapes_and_axis() -> None:
    """A label is shapes and an axis; the label itself is kept as it was written."""
    label = "1000000x64 1000000x32 axis=1"
    assert Case.parse(label) == Case(label, ((1000000, 64), (1000000, 32)), 1)


def test_axis_counts_from_the_end_too() -> None:
    """A negative axis is an axis, not a missing one."""
    assert Case.parse("64x1000000 axis=-1").axis == -1


def test_numbers_are_named() -> None:
    """What else a label says is kept by name, in its order; the axis has a place of its own."""
    case = Case.parse("128x30 30x128 times=100")
    assert (case.shapes, case.axis, case.numbers) == (((128, 30), (30, 128)), None, {"times": 100})
    case = Case.parse("characters=50 batch=16")
    assert (case.shapes, list(case.numbers.items())) == ((), [("characters", 50), ("batch", 16)])


def test_no_axis() -> None:
    """A label without an axis has none, which is not axis 0."""
    assert Case.parse("1000000").axis is None


@given(st.lists(shapes, min_size=1, max_size=4), st.none() | st.integers(-5, 5))
def test_round_trip(groups: list[tuple[int, ...]], axis: int | None) -> None:
    """What is written into a label is read back from it."""
    words = ["x".join(map(str, shape)) for shape in groups]
    case = Case.parse(" ".join(words + ([] if axis is None else [f"axis={axis}"])))
    assert (case.shapes, case.axis) == (tuple(groups), axis)


@pytest.mark.parametrize(
    "label", ["64x axis=0", "64x128 axis=", "64x128 dim=1", "64X128", "axis", "times", "batch="]
)
def test_neither_shape_nor_axis(label: str) -> None:
    """A word that is neither a shape nor an axis is an error, not ignored."""
    with pytest.raises(ValueError, match="invalid literal"):
        Case.parse(label)


@pytest.mark.parametrize("operation", operations().values(), ids=lambda cls: cls.__name__)
def test_labels_of_the_suite(operation: type) -> None:
    """The suite's labels parse, differ, and give the output a shape of positive sizes."""
    cases = [Case.parse(label) for label in operation.cases]
    assert len(set(cases)) == len(cases) > 0
    for case in cases:
        assert all(size > 0 for size in operation().output_shape(case))


def test_nbytes() -> None:
    """Four bytes for each element of every shape; a scalar is one element."""
    assert nbytes((2, 3), (5,), ()) == 4 * (6 + 5 + 1)
