"""Results that became more or less exact at the step of another metric."""

import polars as pl
import pytest
from mlx_asv.axes import Axes
from mlx_asv.effects.lives import life_levels
from mlx_asv.metric import TIME
from mlx_asv.verdicts.exactness import exactness, sentence, told
from mlx_asv.verdicts.judge import judge
from mlx_asv.verdicts.scope import Known

from tests.verdicts.test_exact import exactly
from tests.verdicts.truth import order

HALF = Axes.of(case="64x64", dtype="float16", mode="forward")
HARD = Axes.of(case="3000", dtype="float16", mode="forward")
OTHER = Axes.of(case="3000", dtype="bfloat16", mode="forward")
BACKWARD = Axes.of(case="64x64", dtype="float16", mode="gradient")


def of(axes: Axes, *values: float, name: str = "ops.Sum.track_error", **kinds) -> pl.DataFrame:
    """Values of a case on v1, v2, ...: errors, if nothing else is said."""
    named = {"case": pl.lit(axes.label), "axes": pl.lit(axes.json)}
    return exactly(*values, name=name, **kinds).with_columns(**named)


def times(axes: Axes, *values: float, name: str = "ops.Sum.time_call") -> pl.DataFrame:
    """Seconds of a case."""
    return of(axes, *values, name=name, metric=TIME)


def found(*frames: pl.DataFrame) -> pl.DataFrame:
    """EXACTNESS."""
    observed = pl.concat(frames)
    known = Known.of(observed, {})
    verdicts = judge(life_levels(observed), order(9), known=known).verdicts
    return exactness(verdicts, known)


def test_an_error_that_fell_at_the_same_step_is_told_beside_it() -> None:
    """Of another case, with what that is called; the step before it has none."""
    (row,) = found(times(HALF, 1.0, 1.0, 1.5), of(HARD, 4e-2, 4e-2, 1e-3)).to_dicts()
    assert (row["benchmark"], row["case"]) == ("ops.Sum.time_call", HALF.label)
    assert (row["before"], row["after"]) == ("v2", "v3")
    assert told(row) == "40 times more exact"
    assert sentence(row) == (
        "its results are 40 times more exact since the same release (Sum 3000, float16, forward)"
    )


def test_an_error_that_rose_is_less_exact() -> None:
    """By the same factor."""
    (row,) = found(times(HALF, 1.0, 0.5), of(HARD, 1e-3, 4e-2)).to_dicts()
    assert told(row) == "40 times less exact"


def test_of_several_errors_the_largest_is_told() -> None:
    """Whichever way it went."""
    other = Axes.of(case="4x4", dtype="float16", mode="forward")
    (row,) = found(times(HALF, 1.0, 1.5), of(HARD, 4e-2, 1e-2), of(other, 1e-3, 1e-1)).to_dicts()
    assert (told(row), row["error_called"]) == (
        "100 times less exact",
        "Sum 4x4, float16, forward",
    )


@pytest.mark.parametrize(
    "error",
    [
        of(OTHER, 4e-2, 1e-3),
        of(HARD, 4e-2, 1e-3, name="ops.Mean.track_error"),
        of(HARD, 4e-2, 1e-3, name="other.Sum.track_error"),
        of(HARD, 4e-2, 1e-3).with_columns(backend=pl.lit("mlx_gpu")),
        of(HARD, 4e-2, 2.1e-2),
        of(HARD, 4e-2, 4e-2, 1e-3),
    ],
    ids=["dtype", "operation", "family", "backend", "no change", "release"],
)
def test_nothing_else_is_told(error: pl.DataFrame) -> None:
    """Of another element type, operation, family or backend, of no change, or later."""
    assert found(times(HALF, 1.0, 1.5), error).is_empty()


def test_a_gradient_has_no_error_of_the_forward_call() -> None:
    """Another mode computes something else."""
    assert found(times(BACKWARD, 1.0, 1.5), of(HARD, 4e-2, 1e-3)).is_empty()


def test_a_step_over_a_release_that_was_not_tracked_is_another_step() -> None:
    """Nobody knows at which of the two releases the error fell."""
    errors = of(HARD, 4e-2, 4e-2, 1e-3).filter(pl.col("label") != "v2")
    assert found(times(HALF, 1.0, 1.0, 1.5), errors).is_empty()


def test_an_operation_without_element_types_is_float32_and_forward() -> None:
    """As those are whose names were published before there were others."""
    plain = Axes.of(case="8x8")
    single = Axes.of(case="8x8", dtype="float32", mode="forward")
    assert found(times(plain, 1.0, 1.5), of(plain, 4e-2, 1e-3)).height == 1
    assert found(times(plain, 1.0, 1.5), of(single, 4e-2, 1e-3)).height == 1
    assert found(times(plain, 1.0, 1.5), of(HARD, 4e-2, 1e-3)).is_empty()
