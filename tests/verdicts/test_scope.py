import polars as pl
import pytest
from mlx_asv.axes import Axes
from mlx_asv.verdicts.scope import Known, scope_of

from tests.verdicts.truth import KNOWN


def step(benchmark, backend, case="8x8", suite_wide=False):
    """A row of verdicts."""
    return {"benchmark": benchmark, "backend": backend, "case": case, "suite_wide": suite_wide}


SUM_CPU, SUM_GPU = step("reductions.Sum", "mlx_cpu"), step("reductions.Sum", "mlx_gpu")
SUM_COMPILED = step("reductions.Sum", "mlx_gpu_compile")
SORT_CPU, SORT_GPU = step("sorting.Sort", "mlx_cpu"), step("sorting.Sort", "mlx_gpu")
MAX_GPU = step("reductions.Max", "mlx_gpu")


@pytest.mark.parametrize(
    ("moved", "rest", "scope"),
    [
        ([SUM_GPU, SORT_GPU], [SUM_CPU], "gpu only"),
        ([SUM_GPU, SORT_GPU, SUM_CPU], [SORT_CPU], None),
        ([SUM_GPU, SORT_GPU], [], None),  # the CPU was not measured
        ([SUM_GPU, SORT_GPU], [step("reductions.Sum", "mlx_cpu", "9x9")], None),
        ([SUM_COMPILED], [SUM_GPU], "compile only"),
        ([SUM_COMPILED], [SUM_GPU, SUM_CPU, SORT_CPU], "gpu only, compile only, one family"),
        ([SUM_GPU, MAX_GPU], [SORT_GPU], "one family"),
        ([SUM_GPU, MAX_GPU], [], None),  # no other was measured
        ([step("reductions.Sum", "mlx_gpu", suite_wide=True)], [SUM_CPU], "all"),
        ([step("ops.Sum", "")], [step("ops.Sort", "")], None),  # a suite without backends
    ],
)
def test_scope_is_what_moved_and_nothing_else_did(moved, rest, scope):
    """Only where what did not move was measured, too."""
    assert scope_of(moved, [*moved, *rest], KNOWN) == scope


def test_what_moved_on_the_cpu_alone_is_said_so() -> None:
    """A device is what the suite says, and not a part of a backend's name."""
    assert scope_of([SUM_CPU], [SUM_CPU, SUM_GPU], KNOWN) == "cpu only"
    assert scope_of([SUM_GPU], [SUM_CPU, SUM_GPU], Known()) is None
    here = {"mlx_gpu": KNOWN.backends["mlx_cpu"], "mlx_cpu": KNOWN.backends["cuda"]}
    assert scope_of([SUM_GPU], [SUM_CPU, SUM_GPU], Known(here)) == "cpu only"


# -- a value of an axis ----------------------------------------------------------------------


def cases(*values, benchmark="reductions.Sum", sizes=("8x8",)):
    """Rows of a benchmark whose cases have a size and a type, and what is known of them."""
    every = [Axes.of(case=size, dtype=value) for size in sizes for value in values]
    return [step(benchmark, "mlx_cpu", axes.label) for axes in every], {
        (benchmark, axes.label): axes for axes in every
    }


def test_a_third_axis_is_named():
    """Every case of one type moved, and no other that is the same but for its type."""
    rows, axes = cases("float32", "bfloat16", sizes=("8x8", "9x9"))
    known = Known(KNOWN.backends, axes)
    moved = [row for row in rows if row["case"].endswith("bfloat16")]
    assert scope_of(moved, rows, known) == "only bfloat16"
    assert scope_of(rows, rows, known) is None
    assert scope_of(moved, moved, known) is None  # no other type was measured


def test_another_case_of_another_type_says_nothing_of_the_type():
    """All else must be the same: here the size is another, too."""
    (moved, axes), (rest, more) = cases("bfloat16"), cases("float32", sizes=("9x9",))
    assert scope_of(moved, [*moved, *rest], Known(KNOWN.backends, {**axes, **more})) is None


def test_a_case_of_one_parameter_is_no_scope():
    """That one case alone moved is what the step says already."""
    axes = {("reductions.Sum", size): Axes.of(case=size) for size in ("8x8", "9x9")}
    rows = [step("reductions.Sum", "mlx_cpu", size) for size in ("8x8", "9x9")]
    assert scope_of(rows[:1], rows, Known(KNOWN.backends, axes)) is None


def test_axes_are_those_of_the_observations():
    """Old ones have none: of them the label is known."""
    axes = Axes.of(case="8x8", dtype="float32")
    told = [axes.json, None]
    cases = {"benchmark": ["a", "b"], "case": [axes.label, "1"], "axes": told}
    frame = pl.DataFrame({**cases, "metric": ["time", "time"]})
    known = Known.of(frame, {})
    assert known.case({"benchmark": "a", "case": axes.label}) == axes
    assert known.case({"benchmark": "b", "case": "1"}) == Axes.of(case="1")
